"""What is asked of both Sparks of structs and maps."""

from __future__ import annotations

from datetime import date

from tests.sql.tables import INF, NAN, table

USERS = [
    None,
    {"city": "x", "Age": 3, "geo": {"lat": 1.5, "lon": NAN}, "tags": ["a", None], "born": date(2024, 2, 29)},
    {"city": None, "Age": None, "geo": None, "tags": None, "born": None},
    {"city": "", "Age": 2147483647, "geo": {"lat": None, "lon": -0.0}, "tags": [], "born": date(1970, 1, 1)},
    {"city": "É", "Age": -1, "geo": {"lat": INF, "lon": 0.0}, "tags": ["k"], "born": date(1999, 12, 31)},
    {"city": "k", "Age": 0, "geo": {"lat": 2.0, "lon": 1.0}, "tags": ["k", "k"], "born": date(2000, 1, 1)},
]
COUNTS = [None, {}, {"k": 1}, {"x": 2, "k": None}, {"": 5, "x": 3, "y": 4}, {"É": -7, "k": 2147483647}]
SCORES = [None, {}, {1: 0.5}, {2: NAN, 3: None}, {-1: INF, 0: -0.0}]
MOMENTS = [None, {}, {1.5: "a"}, {2.0: "b", NAN: "n"}, {-0.0: "z"}, {INF: None}]
POINTS = [None, [], [{"x": 1, "y": "a"}], [{"x": None, "y": "b"}, None], [{"x": 5, "y": None}] * 2]

STRUCTS = """
    user.city
    USER.CITY
    user.born
    user.geo.lat
    `user`.`geo`.`lon`
    user['city']
    user.geo['lat']
    (user).city
    user.geo
    user
    user.tags
    user.tags[0]
    element_at(user.tags, 1)
    size(user.tags)
    user.Age + 1
    user.age * 1.5
    upper(user.city)
    concat(user.city, '-', user.age)
    cast(user.age AS string)
    cast(user.age AS double)
    user.age > i
    user.city = 'k'
    user.city IN ('x', 'k')
    user.city LIKE 'x%'
    user.geo.lat + user.geo.lon
    year(user.born)
    date_add(user.born, 1)
    user.born > DATE '2000-01-01'
    coalesce(user.city, 'none')
    nvl(user.age, -1)
    user IS NULL
    user IS NOT NULL
    user.geo IS NULL
    isnull(user.city)
    if(user.age > 0, user.geo, NULL)
    CASE WHEN user.age > 0 THEN user.city WHEN user IS NULL THEN 'nobody' ELSE 'other' END
    coalesce(user.geo, named_struct('lat', 0D, 'lon', 1D))
    nope.city
    user.nope
    user.city.nope
    user.age[0]
    i.city
    named_struct('a', i)
    named_struct('a', i, 'B', s)
    named_struct('a', i, 'B', s).b
    named_struct('a', 1 / i, 'b', s).b
    named_struct('a', 1 / i, 'b', s).a
    named_struct('a', NULL)
    named_struct('a', NULL).a
    named_struct('a', 1, 'a', 2)
    named_struct('a', 1, 'a', 2).a
    named_struct(s, 1)
    named_struct('a')
    named_struct('x', user, 'y', named_struct('z', i))
    named_struct('x', user, 'y', named_struct('z', i)).y.z
    named_struct('x', user).x.city
    struct(i, s)
    struct(i, s).s
    struct(i + 1, s)
    struct(i + 1, s).col1
    struct(user.city, user.age)
    struct(user.city, user.age).age
    struct(i AS n, upper(s) AS t)
    struct(i AS n, upper(s) AS t).t
    struct(1, 'a', NULL)
    (i, s)
    (i, s).i
    (i, s).col1
    array(named_struct('x', i), named_struct('x', 2))
    array(named_struct('x', i), named_struct('x', 2))[1].x
    array(struct(i), struct(i + 1)).i
    points.x
    points.y
    points[0]
    points[0].x
    points[1].y
    points.nope
    element_at(points, 1).x
    element_at(points, -1).y
    size(points)
    size(points.x)
    array_contains(points.x, 1)
    transform(points, p -> p.x + 1)
    transform(points, p -> named_struct('u', p.y, 'i', i))
    filter(points, p -> p.x > 0)
    filter(points, p -> p.x > 0)[0].y
    exists(points, p -> p.y = 'a')
    forall(points, p -> p.x IS NULL)
    aggregate(points, 0, (total, p) -> total + coalesce(p.x, 0))
    transform(user.tags, tag -> concat(tag, user.city))
    isnull(points[0])
"""
MAPS = """
    m['k']
    m['nope']
    m.k
    m.x + 1
    m[s]
    m[NULL]
    m[1]

    element_at(m, 'k')
    element_at(m, s)
    element_at(m, NULL)
    n[1]
    n[i]
    n[1L]
    n['1']
    n[CAST(1 AS tinyint)]
    n[2] + 1
    element_at(n, i)
    element_at(n, 0)
    element_at(n, -1)
    d[1.5D]
    d[2]
    d[2.0]
    d[0D]
    d[-0D]
    d[double('NaN')]
    element_at(d, double('NaN'))
    size(m)
    cardinality(n)
    map_keys(m)
    map_keys(n)
    map_values(m)
    map_values(d)
    map_entries(m)
    map_entries(n)
    map_entries(m)[0].key
    map_entries(m).value
    map_contains_key(m, 'k')
    map_contains_key(m, s)
    map_contains_key(m, NULL)
    map_contains_key(n, i)
    map_contains_key(n, 1L)
    map_contains_key(n, '1')
    map_contains_key(d, 2)
    map_contains_key(d, double('NaN'))
    map_contains_key(d, 0D)
    map('a', 1)
    map('a', i, 'b', i + 1)
    map('a', 1, 'b', 2.5D)
    map('a', 1, 'b', '2')
    map(i, s)
    map(i, s)[1]
    map(coalesce(i, 9) + 10, s, 1, 'one')
    map(s, i)
    map('a', 1, 'a', 2)
    map('a', 1, 'b', 2)['b']
    map('a', 1 / i, 'b', 2D)['b']
    map(s, 1, 'k', 2)['k']
    map('a', NULL)
    map(NULL, 1)
    map()
    map('a')
    map(1D, 'x', -0D, 'y')
    map_keys(map(-0D, 'y'))
    map(array(1), 2)
    map_from_arrays(array('a', 'b'), array(1, 2))
    map_from_arrays(array('a', concat('b', coalesce(s, ''))), array(i, 2))
    map_from_arrays(array(1, 2), array('x'))
    map_from_arrays(array('a', 'a'), array(1, 2))
    map_from_arrays(t, t)
    map_from_arrays(map_keys(m), map_values(m))
    map_from_entries(array(struct('a', 1), struct('b', 2)))
    map_from_entries(array(struct(s, i)))
    map_from_entries(map_entries(m))
    map_from_entries(array(struct('a', 1), NULL))
    map_from_entries(array(struct('a', 1, 2)))
    map_concat(m, m)
    map_concat(m, map('new', 1))
    map_concat(m, map('new', 1L))
    map_concat(m)
    map_concat(n, map(99, 1D))
    transform_keys(m, (k, v) -> upper(k))
    transform_keys(m, (k, v) -> concat(k, coalesce(v, 0)))
    transform_keys(n, (k, v) -> k + 1)
    transform_values(m, (k, v) -> v + 1)
    transform_values(m, (k, v) -> concat(k, s))
    transform_values(n, (k, v) -> k * v)
    transform_values(m, k -> k)
    map_filter(m, (k, v) -> v > 1)
    map_filter(m, (k, v) -> k = s)
    map_filter(n, (k, v) -> isnan(v))
    map_zip_with(m, m, (k, a, b) -> a + b)
    map_zip_with(m, map('k', 10), (k, a, b) -> coalesce(a, 0) + coalesce(b, 0))
    map_zip_with(n, map(1, 'x'), (k, a, b) -> concat(k, a, b))
    str_to_map(s)
    str_to_map('a:1,b:2,c')
    str_to_map('a=1&b=2', '&', '=')
    str_to_map('a:1,a:2')
    str_to_map('')
    m IS NULL
    coalesce(m, map('none', 0))
    if(i > 0, m, NULL)
    coalesce(m['k'], 0)
    m['k'] > 0
    upper(map('a', s)['a'])
    transform(map_keys(m), k -> m[k])
    transform(map_entries(m), e -> e.value)
    aggregate(map_values(m), 0, (a, v) -> a + coalesce(v, 0))
    array_sort(map_keys(m))
    exists(map_values(m), v -> v IS NULL)
"""

TABLES = [
    table(
        "structs",
        STRUCTS,
        user=(
            "struct<city:string,Age:int,geo:struct<lat:double,lon:double>,tags:array<string>,born:date>",
            USERS,
        ),
        points=("array<struct<x:int,y:string>>", POINTS),
        i=("int", [None, 0, 1, -1, 2147483647]),
        s=("string", [None, "k", "", "é"]),
    ),
    table(
        "maps",
        MAPS,
        m=("map<string,int>", COUNTS),
        n=("map<int,double>", SCORES),
        d=("map<double,string>", MOMENTS),
        t=("array<string>", [None, [], ["a", "b"], ["a", None]]),
        i=("int", [None, 0, 1, 2, -1]),
        s=("string", [None, "k", "x", "", "É"]),
    ),
]
