// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tree ensembles: a row walks down each tree, and the weights of the leaves that it comes to are
// put together. The arithmetic is ONNX Runtime's, in f32 unless the input is f64, because labels
// depend on whether a score is above 0 or 1/2.

#include "lib/Runtime/CPU/Ops/Common.h"
#include <math.h>

typedef struct tree_node {
  union {
    double value;
    struct {
      int32_t first, count;
    };
  };
  int32_t child; ///< the true branch, before the false one; a leaf's target
  uint32_t feature : 24, mode : 8;
} tree_node;

_Static_assert(sizeof(tree_node) == 16, "the compiler writes two i64 for a node");

typedef struct forest {
  const tree_node *nodes;
  const int64_t *roots;
  const double *weights;
  const int64_t *targets;
  const double *members;
  const double *base;
  int64_t num_trees, num_base, num_targets;
  int64_t aggregate, transform;
  bool single; ///< results of arithmetic are rounded to f32
} forest;

/// What the trees say of one target.
typedef struct score {
  double value;
  bool given;
} score;

/// f64 has room for f32's operations so that rounding twice changes nothing.
static double rounded(const forest *f, double value) { return f->single ? (float)value : value; }

static bool is_member(const forest *f, const tree_node *node, double value) {
  const double *members = f->members + node->first;
  for (int32_t i = 0; i < node->count; ++i)
    if (members[i] == value)
      return true;
  return false;
}

static const tree_node *find_leaf(const forest *f, int64_t root, const double *row) {
  const tree_node *node = &f->nodes[root];
  for (;;) {
    double value = row[node->feature];
    bool taken;
    switch (node->mode & ~ACCEL_TREE_MISSING_TRUE) {
    case ACCEL_TREE_LEQ:
      taken = value <= node->value;
      break;
    case ACCEL_TREE_LT:
      taken = value < node->value;
      break;
    case ACCEL_TREE_GTE:
      taken = value >= node->value;
      break;
    case ACCEL_TREE_GT:
      taken = value > node->value;
      break;
    case ACCEL_TREE_EQ:
      taken = value == node->value;
      break;
    case ACCEL_TREE_NEQ:
      taken = value != node->value;
      break;
    case ACCEL_TREE_MEMBER:
      taken = is_member(f, node, value);
      break;
    default:
      return node;
    }
    taken |= (node->mode & ACCEL_TREE_MISSING_TRUE) && value != value;
    node = &f->nodes[node->child + !taken];
  }
}

static void add_weight(const forest *f, score *to, double weight) {
  if (!to->given || (f->aggregate == ACCEL_TREE_MIN && weight < to->value) ||
      (f->aggregate == ACCEL_TREE_MAX && weight > to->value))
    to->value = weight;
  else if (f->aggregate <= ACCEL_TREE_SUM)
    to->value = rounded(f, to->value + weight);
  to->given = true;
}

static void score_row(const forest *f, const double *row, score *scores) {
  memset(scores, 0, (size_t)f->num_targets * sizeof *scores);
  for (int64_t tree = 0; tree < f->num_trees; ++tree) {
    const tree_node *leaf = find_leaf(f, f->roots[tree], row);
    if (leaf->mode == ACCEL_TREE_LEAF)
      add_weight(f, &scores[leaf->child], leaf->value);
    else
      for (int32_t i = leaf->first; i < leaf->first + leaf->count; ++i)
        add_weight(f, &scores[f->targets[i]], f->weights[i]);
  }
}

//===-- Post transforms -----------------------------------------------------------------------===//

static double logistic(const forest *f, double value) {
  double result = rounded(f, 1 / rounded(f, 1 + rounded(f, exp(-fabs(value)))));
  return value < 0 ? rounded(f, 1 - result) : result;
}

/// The inverse of the normal distribution, by Winitzki's approximation of the inverse of erf, which
/// the standard's reference has, too.
static double probit(double value) {
  const double a = 0.147, pi = 3.14159;
  double x = 2 * value - 1, logarithm = log((1 - x) * (1 + x));
  double half = 2 / (pi * a) + logarithm / 2;
  double result = sqrt(sqrt(half * half - logarithm / a) - half);
  return 1.41421356 * (x < 0 ? -result : result);
}

static void softmax(double *values, int64_t count, bool keep_zeros) {
  double most = -INFINITY, sum = 0;
  for (int64_t i = 0; i < count; ++i)
    most = values[i] > most ? values[i] : most;
  for (int64_t i = 0; i < count; ++i) {
    bool zero = keep_zeros && fabs(values[i]) <= 0.0000001;
    values[i] = zero ? values[i] * exp(-most) : exp(values[i] - most);
    sum += zero ? 0 : values[i];
  }
  for (int64_t i = 0; i < count; ++i)
    values[i] /= sum;
}

static void transform_scores(const forest *f, double *values, int64_t count) {
  switch ((accel_post_transform)f->transform) {
  case ACCEL_POST_NONE:
    break;
  case ACCEL_POST_SOFTMAX:
  case ACCEL_POST_SOFTMAX_ZERO:
    softmax(values, count, f->transform == ACCEL_POST_SOFTMAX_ZERO);
    break;
  case ACCEL_POST_LOGISTIC:
    for (int64_t i = 0; i < count; ++i)
      values[i] = logistic(f, values[i]);
    break;
  case ACCEL_POST_PROBIT:
    for (int64_t i = 0; i < count; ++i)
      values[i] = probit(values[i]);
    break;
  }
}

//===-- Regression ----------------------------------------------------------------------------===//

static void finish_regression(const forest *f, const score *scores, double *values) {
  for (int64_t i = 0; i < f->num_targets; ++i) {
    double value = scores[i].given ? scores[i].value : 0;
    if (f->aggregate == ACCEL_TREE_AVERAGE)
      value = rounded(f, value / (double)f->num_trees);
    if (f->num_base == f->num_targets)
      value = rounded(f, value + f->base[i]);
    values[i] = value;
  }
  // With one target, ONNX Runtime knows only this transform.
  if (f->num_targets > 1 || f->transform == ACCEL_POST_PROBIT)
    transform_scores(f, values, f->num_targets);
}

//===-- Classification ------------------------------------------------------------------------===//

/// Which class several scores speak for: the first of the largest.
static int64_t best_class(const forest *f, score *scores, double *values) {
  int64_t best = -1;
  for (int64_t i = 0; i < f->num_targets; ++i) {
    if (i < f->num_base) {
      scores[i].value = rounded(f, scores[i].value + f->base[i]);
      scores[i].given = true;
    }
    values[i] = scores[i].value;
    if (scores[i].given && (best < 0 || scores[i].value > scores[best].value))
      best = i;
  }
  transform_scores(f, values, f->num_targets);
  return best < 0 ? 0 : best;
}

/// Two classes. Where all weights are of one class (binary), its score alone decides, by whether it
/// is above 0, or above 1/2 if no weight is negative. Returns the class; -1 and -2 stand for the
/// labels 1 and 0, whatever the model's are.
static int64_t binary_class(const forest *f, score *scores, double *values, bool binary,
                            bool none_negative) {
  bool both = scores[1].given;
  if (f->num_base == 2 && both) {
    scores[1].value = rounded(f, f->base[1] + scores[0].value);
    scores[0].value = -scores[1].value;
  } else if (f->num_base == 2) {
    scores[1].value = rounded(f, scores[1].value + f->base[1]);
    scores[0].value = rounded(f, scores[0].value + f->base[0]);
  } else if (f->num_base == 1) {
    scores[0].value = rounded(f, scores[0].value + f->base[0]);
  }
  double decisive = both ? scores[1].value : scores[0].given ? scores[0].value : 0;
  bool positive = decisive > (binary && none_negative ? 0.5 : 0);
  // A base value alone is no score.
  for (int32_t i = 0; i < 2; ++i)
    values[i] = scores[i].given ? scores[i].value : 0;
  if (both || f->num_base == 2) {
    transform_scores(f, values, 2);
  } else {
    double alone = values[0];
    if (f->transform == ACCEL_POST_PROBIT) {
      values[0] = probit(alone);
      values[1] = 0;
    } else if (!binary && f->num_base == 1) {
      values[1] = 0;
    } else if (f->transform == ACCEL_POST_LOGISTIC) {
      values[0] = logistic(f, -alone);
      values[1] = logistic(f, alone);
    } else {
      values[1] = alone;
      values[0] = binary && none_negative ? rounded(f, 1 - alone) : -alone;
    }
  }
  return binary ? positive : positive ? -1 : -2;
}

//===-- The functions -------------------------------------------------------------------------===//

/// Fills in the forest and the shape of X.
static int32_t read_forest(accel_frame *frame, const accel_op_call *call, forest *f, int64_t *rows,
                           int64_t *width) {
  const accel_array *x = call->inputs[0];
  *rows = x->rank == 2 ? x->dims[0] : 1;
  *width = x->rank == 2 ? x->dims[1] : x->rank == 1 ? x->dims[0] : 1;
  *f = (forest){.nodes = call->inputs[1]->data,
                .roots = call->inputs[2]->data,
                .weights = call->inputs[3]->data,
                .targets = call->inputs[4]->data,
                .members = call->inputs[5]->data,
                .base = call->inputs[6]->data,
                .num_trees = call->inputs[2]->dims[0],
                .num_base = call->inputs[6]->dims[0],
                .num_targets = call->ints[2],
                .aggregate = call->ints[0],
                .transform = call->ints[1],
                .single = op_type(x->dtype) != ACCEL_TYPE(ACCEL_FLOAT, 64)};
  if (*rows && *width <= call->ints[3])
    return op_fail(frame,
                   "expected rows with an element for each feature of the trees, found rows "
                   "of %lld elements",
                   *width);
  return ACCEL_OK;
}

/// Row number `row` as numbers that nodes compare; integers as f32, as ONNX Runtime has them.
static void load_row(const forest *f, const accel_array *x, int64_t row, int64_t width,
                     double *numbers) {
  op_load_f64(numbers, x, row * width, width);
  if (f->single && !op_is_float(x->dtype))
    for (int64_t i = 0; i < width; ++i)
      numbers[i] = (float)numbers[i];
}

/// Memory for a row: its numbers, then the values of its results; scores.
static double *row_memory(accel_frame *frame, const forest *f, int64_t width, score **scores) {
  int64_t bytes;
  *scores = accel_rt_scratch(frame, f->num_targets * (int64_t)sizeof **scores);
  if (!*scores)
    return NULL;
  if (__builtin_add_overflow(width, f->num_targets, &bytes) ||
      __builtin_mul_overflow(bytes, (int64_t)sizeof(double), &bytes)) {
    op_fail(frame, "expected shorter rows, found %lld elements", width);
    return NULL;
  }
  return accel_rt_scratch(frame, bytes);
}

int32_t accel_op_tree_ensemble(accel_frame *frame, accel_op_call *call) {
  const accel_array *x = call->inputs[0];
  forest f;
  int64_t rows, width;
  int32_t status = read_forest(frame, call, &f, &rows, &width);
  if (status)
    return status;
  accel_dtype dtype = {ACCEL_FLOAT, call->ints[4] ? 64 : 32, 1};
  if (op_type(x->dtype) == ACCEL_TYPE(ACCEL_FLOAT, 16))
    dtype = x->dtype;
  int64_t dims[2] = {rows, f.num_targets};
  accel_array *result = &call->outputs[0];
  score *scores;
  double *numbers = row_memory(frame, &f, width, &scores);
  if (!numbers || !accel_rt_new_array(frame, result, dtype, 2, dims))
    return accel_rt_status(frame);
  for (int64_t row = 0; row < rows; ++row) {
    load_row(&f, x, row, width, numbers);
    score_row(&f, numbers, scores);
    finish_regression(&f, scores, numbers + width);
    op_store_f64(result, row * f.num_targets, numbers + width, f.num_targets);
  }
  return ACCEL_OK;
}

int32_t accel_op_tree_classifier(accel_frame *frame, accel_op_call *call) {
  const accel_array *x = call->inputs[0];
  const int64_t *labels = call->inputs[7]->data;
  bool binary = call->ints[5], none_negative = call->ints[6];
  forest f;
  int64_t rows, width;
  int32_t status = read_forest(frame, call, &f, &rows, &width);
  if (status)
    return status;
  const accel_dtype f32 = {ACCEL_FLOAT, 32, 1};
  int64_t dims[2] = {rows, f.num_targets};
  accel_array unwanted;
  accel_array *result = op_wanted(call, 1) ? &call->outputs[1] : &unwanted;
  score *scores;
  double *numbers = row_memory(frame, &f, width, &scores);
  int64_t *chosen = numbers ? accel_rt_new_array(frame, &call->outputs[0], op_i64, 1, &rows) : NULL;
  if (!chosen || (result != &unwanted && !accel_rt_new_array(frame, result, f32, 2, dims)))
    return accel_rt_status(frame);
  for (int64_t row = 0; row < rows; ++row) {
    double *values = numbers + width;
    load_row(&f, x, row, width, numbers);
    score_row(&f, numbers, scores);
    int64_t best = f.num_targets > 2 ? best_class(&f, scores, values)
                                     : binary_class(&f, scores, values, binary, none_negative);
    chosen[row] = best >= 0 ? labels[best] : best == -1;
    if (result != &unwanted)
      op_store_f64(result, row * f.num_targets, values, f.num_targets);
  }
  return ACCEL_OK;
}
