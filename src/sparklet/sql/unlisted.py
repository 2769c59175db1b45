"""Functions of Spark that are not computed, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["REASONS", "reason_of"]

# Reason: names.
_NAMES: Mapping[str, str] = {
    "aggregates rows": """
        any any_value approx_count_distinct approx_percentile approx_top_k approx_top_k_accumulate
        approx_top_k_combine array_agg avg bit_and bit_or bit_xor bitmap_and_agg
        bitmap_construct_agg bitmap_or_agg bool_and bool_or collect_list collect_set collect_union
        corr count count_if count_min_sketch covar_pop covar_samp every first first_value grouping
        grouping_id histogram_numeric hll_sketch_agg hll_union_agg kll_merge_agg_bigint
        kll_merge_agg_double kll_merge_agg_float kll_sketch_agg_bigint kll_sketch_agg_double
        kll_sketch_agg_float kurtosis last last_value listagg max max_by mean measure median min
        min_by mode percentile percentile_approx percentile_cont percentile_disc regr_avgx regr_avgy
        regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy skewness some std
        stddev stddev_pop stddev_samp string_agg sum theta_intersection_agg theta_sketch_agg
        theta_union_agg try_avg try_sum tuple_intersection_agg_double tuple_intersection_agg_integer
        tuple_sketch_agg_double tuple_sketch_agg_integer tuple_union_agg_double
        tuple_union_agg_integer var_pop var_samp variance
    """,
    "calls Java code that the statement names": """
        java_method reflect try_reflect
    """,
    "compares by a collation": """
        collate collation
    """,
    "depends on the session, the file or the partition": """
        current_catalog current_database current_path current_schema current_user
        input_file_block_length input_file_block_start input_file_name monotonically_increasing_id
        session_user spark_partition_id user version
    """,
    "gives or takes geometries": """
        st_asbinary st_geogfromwkb st_geomfromwkb st_setsrid st_srid
    """,
    "gives or takes variants": """
        is_valid_variant is_variant_null parse_json schema_of_variant schema_of_variant_agg
        to_variant_object try_parse_json try_variant_array_append try_variant_get try_variant_insert
        try_variant_set variant_array_append variant_delete variant_get variant_insert variant_set
        variant_strip_nulls
    """,
    "groups rows by time": """
        session_window window window_time
    """,
    "infers a schema": """
        schema_of_avro schema_of_csv schema_of_xml
    """,
    "is encryption": """
        aes_decrypt aes_encrypt hmac try_aes_decrypt
    """,
    "makes several columns": """
        json_tuple
    """,
    "makes several rows of one": """
        explode explode_outer inline inline_outer posexplode posexplode_outer stack
    """,
    "gives random values": """
        rand randn random randstr shuffle uniform uuid
    """,
    "reads XML": """
        from_xml to_xml xpath xpath_boolean xpath_double xpath_float xpath_int xpath_long
        xpath_number xpath_short xpath_string
    """,
    "reads or writes Avro, bytes and structs": """
        from_avro to_avro
    """,
    "reads or writes CSV": """
        from_csv to_csv
    """,
    "reads or writes Protocol Buffers, bytes and structs": """
        from_protobuf to_protobuf
    """,
    "reads other rows": """
        counter_diff cume_dist dense_rank lag lead nth_value ntile percent_rank rank row_number
    """,
    "splits text by the rules of Java's BreakIterator": """
        sentences
    """,
    "takes or gives values of the type TIME": """
        current_time localtime make_time time time_bucket time_diff time_from_micros
        time_from_millis time_from_seconds time_to_micros time_to_millis time_to_seconds time_trunc
        to_time try_to_time
    """,
    "takes or gives times of nanoseconds, which a setting of the session allows": """
        timestamp_nanos unix_nanos
    """,
    "takes sketches, which are bytes": """
        approx_top_k_estimate hll_sketch_estimate hll_union kll_sketch_get_n_bigint
        kll_sketch_get_n_double kll_sketch_get_n_float kll_sketch_get_quantile_bigint
        kll_sketch_get_quantile_double kll_sketch_get_quantile_float kll_sketch_get_rank_bigint
        kll_sketch_get_rank_double kll_sketch_get_rank_float kll_sketch_merge_bigint
        kll_sketch_merge_double kll_sketch_merge_float kll_sketch_to_string_bigint
        kll_sketch_to_string_double kll_sketch_to_string_float theta_difference theta_intersection
        theta_sketch_estimate theta_union tuple_difference_double tuple_difference_integer
        tuple_difference_theta_double tuple_difference_theta_integer tuple_intersection_double
        tuple_intersection_integer tuple_intersection_theta_double tuple_intersection_theta_integer
        tuple_sketch_estimate_double tuple_sketch_estimate_integer tuple_sketch_summary_double
        tuple_sketch_summary_integer tuple_sketch_theta_double tuple_sketch_theta_integer
        tuple_union_double tuple_union_integer tuple_union_theta_double tuple_union_theta_integer
    """,
    "takes vectors as arrays of float, which Spark sums by an order of its own": """
        vector_avg vector_cosine_similarity vector_inner_product vector_l2_distance vector_norm
        vector_normalize vector_sum
    """,
}

REASONS: Mapping[str, str] = {name: reason for reason, names in _NAMES.items() for name in names.split()}
"""Why a function of Spark is not computed, by its name."""


def reason_of(name: str) -> str:
    """Return why a function of Spark is not computed, "" for one that Spark has not.

    >>> reason_of("sum"), reason_of("my_udf")
    ('aggregates rows', '')
    """
    return REASONS.get(name, "")
