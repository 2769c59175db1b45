package org.apache.spark.ml.online

import scala.collection.{Seq => AnySeq}

import org.json4s.jackson.JsonMethods.{compact, render}

import org.apache.spark.ml.Transformer
import org.apache.spark.ml.classification._
import org.apache.spark.ml.param.Param
import org.apache.spark.ml.regression._
import org.apache.spark.ml.tree.DecisionTreeModelReadWrite.{buildTreeFromNodes, NodeData, SplitData}
import org.apache.spark.ml.tree.Node
import org.apache.spark.ml.util.DefaultParamsReader.{parseMetadata, Metadata}
import org.apache.spark.sql.Row

/** Reads trees and forests: nodes are grouped in memory, where Spark 3 shuffles them, and built by Spark. */
private[online] object Trees {
  private val nodeColumns =
    Seq(
      "id",
      "prediction",
      "impurity",
      "impurityStats",
      "rawCount",
      "gain",
      "leftChild",
      "rightChild",
      "split"
    )
  // Named by Spark 3; Spark 4 saves tuples.
  private val treeColumns = Seq(Seq("treeID", "metadata", "weights"), Seq("_1", "_2", "_3"))
  private val splitColumns = Seq("featureIndex", "leftCategoriesOrThreshold", "numCategories")

  def classifier(saved: SavedStage): Transformer = saved.withParams(
    new DecisionTreeClassificationModel(
      saved.uid,
      tree(saved),
      saved.int("numFeatures"),
      saved.int("numClasses")
    )
  )

  def regressor(saved: SavedStage): Transformer =
    saved.withParams(new DecisionTreeRegressionModel(saved.uid, tree(saved), saved.int("numFeatures")))

  def forestClassifier(saved: SavedStage): Transformer = {
    val (features, classes) = (saved.int("numFeatures"), saved.int("numClasses"))
    val trees = forest[DecisionTreeClassificationModel](saved).map { case (metadata, _, root) =>
      val tree = new DecisionTreeClassificationModel(metadata.uid, root, features, classes)
      metadata.getAndSetParams(tree)
      tree
    }
    saved.withParams(new RandomForestClassificationModel(saved.uid, trees.toArray, features, classes))
  }

  def forestRegressor(saved: SavedStage): Transformer = {
    val (trees, _) = regressors(saved)
    saved.withParams(new RandomForestRegressionModel(saved.uid, trees, saved.int("numFeatures")))
  }

  def boostedClassifier(saved: SavedStage): Transformer = {
    val (trees, weights) = regressors(saved)
    saved.withParams(
      new GBTClassificationModel(saved.uid, trees, weights, saved.int("numFeatures")),
      but = List("impurity")
    )
  }

  def boostedRegressor(saved: SavedStage): Transformer = {
    val (trees, weights) = regressors(saved)
    saved.withParams(new GBTRegressionModel(saved.uid, trees, weights, saved.int("numFeatures")))
  }

  private def tree(saved: SavedStage): Node =
    buildTreeFromNodes(saved.rows("data", nodeColumns).map(node).toArray, impurity(saved))

  private def regressors(saved: SavedStage): (Array[DecisionTreeRegressionModel], Array[Double]) = {
    val trees = forest[DecisionTreeRegressionModel](saved).map { case (metadata, weight, root) =>
      val tree = new DecisionTreeRegressionModel(metadata.uid, root, saved.int("numFeatures"))
      metadata.getAndSetParams(tree)
      tree -> weight
    }
    (trees.map(_._1).toArray, trees.map(_._2).toArray)
  }

  /** The metadata, the weight and the root of each tree, in order. */
  private def forest[T](saved: SavedStage)(implicit
      kind: scala.reflect.ClassTag[T]
  ): Seq[(Metadata, Double, Node)] = {
    val described = saved.rows("treesMetadata", treeColumns: _*).sortBy(_.getInt(0))
    val calculator = impurity(saved)
    val roots = saved.rows("data", Seq("treeID", "nodeData")).groupBy(_.getInt(0)).map { case (id, rows) =>
      id -> buildTreeFromNodes(
        rows.map(row => node(named(row.getStruct(1), nodeColumns))).toArray,
        calculator
      )
    }
    if (described.size != saved.int("numTrees") || roots.size != described.size) {
      throw new UnexpectedLayout(s"${roots.size} of ${saved.int("numTrees")} trees")
    }
    described.map { row =>
      (parseMetadata(row.getString(1), kind.runtimeClass.getName), row.getDouble(2), roots(row.getInt(0)))
    }
  }

  private def impurity(saved: SavedStage): String =
    Param.jsonDecode[String](compact(render(saved.metadata.getParamValue("impurity"))))

  private def node(row: Row): NodeData = {
    val split = named(row.getStruct(8), splitColumns)
    NodeData(
      row.getInt(0),
      row.getDouble(1),
      row.getDouble(2),
      row.getAs[AnySeq[Double]](3).toArray,
      row.getLong(4),
      row.getDouble(5),
      row.getInt(6),
      row.getInt(7),
      SplitData(split.getInt(0), split.getAs[AnySeq[Double]](1).toArray, split.getInt(2))
    )
  }

  private def named(row: Row, columns: Seq[String]): Row =
    if (row.schema.fieldNames.toSeq == columns) row
    else throw new UnexpectedLayout(s"nodes have fields ${row.schema.fieldNames.mkString(", ")}")
}
