// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers that the compiler gives to the functions that scripts call. What the functions do with
// them is in lib/Runtime/CPU/Ops/Ops.h.

#ifndef ACCEL_RT_OPS_H
#define ACCEL_RT_OPS_H

#ifdef __cplusplus
extern "C" {
#endif

enum { ACCEL_CASE_NONE, ACCEL_CASE_LOWER, ACCEL_CASE_UPPER };

/// What the channels of a decoded picture are.
enum { ACCEL_PIXELS_RGB, ACCEL_PIXELS_BGR, ACCEL_PIXELS_GRAY };

/// What strings are read as.
enum { ACCEL_TEXT_FLOAT, ACCEL_TEXT_INT, ACCEL_TEXT_UINT };

/// An instruction of an automaton is three i32, of which the first is one of these.
enum {
  ACCEL_REGEX_RANGES, ///< first range, count: a code point in one of them, then the next
                      ///< instruction
  ACCEL_REGEX_SPLIT,  ///< both instructions; each may be the other
  ACCEL_REGEX_EDGE,   ///< one of the edges: the next instruction, where it holds
  ACCEL_REGEX_MATCH
};
enum {
  ACCEL_REGEX_BEGIN_TEXT,
  ACCEL_REGEX_END_TEXT,
  ACCEL_REGEX_BEGIN_LINE,
  ACCEL_REGEX_END_LINE,
  ACCEL_REGEX_WORD_EDGE,
  ACCEL_REGEX_NO_WORD_EDGE
};

enum { ACCEL_PAD_CONSTANT, ACCEL_PAD_EDGE, ACCEL_PAD_REFLECT, ACCEL_PAD_WRAP };

enum { ACCEL_SAMPLE_NEAREST, ACCEL_SAMPLE_LINEAR, ACCEL_SAMPLE_CUBIC };
enum { ACCEL_BORDER_ZEROS, ACCEL_BORDER_REPEAT, ACCEL_BORDER_REFLECT };

enum {
  ACCEL_REDUCE_SUM,
  ACCEL_REDUCE_MEAN,
  ACCEL_REDUCE_MAX,
  ACCEL_REDUCE_MIN,
  ACCEL_REDUCE_PROD,
  ACCEL_REDUCE_L1,
  ACCEL_REDUCE_L2,
  ACCEL_REDUCE_LOG_SUM,
  ACCEL_REDUCE_LOG_SUM_EXP,
  ACCEL_REDUCE_SUM_SQUARE
};

/// A node is two i64. The first: the bits of an f64 that an element of the row is compared with; of
/// a leaf with one weight, that weight; of a set or of a leaf with several weights, where they
/// begin in `members` or `weights`, and from bit 32 on their number. The second: the node of the
/// true branch (the one of the false branch follows it), or the target of a leaf's one weight; from
/// bit 32 on the index of the element, from bit 56 on the mode.
typedef enum accel_tree_mode {
  ACCEL_TREE_LEQ,
  ACCEL_TREE_LT,
  ACCEL_TREE_GTE,
  ACCEL_TREE_GT,
  ACCEL_TREE_EQ,
  ACCEL_TREE_NEQ,
  ACCEL_TREE_MEMBER,
  ACCEL_TREE_LEAF,
  ACCEL_TREE_LEAF_SEVERAL,
  ACCEL_TREE_MISSING_TRUE = 0x80 ///< flag: NaN takes the true branch
} accel_tree_mode;

typedef enum accel_tree_aggregate {
  ACCEL_TREE_AVERAGE,
  ACCEL_TREE_SUM,
  ACCEL_TREE_MIN,
  ACCEL_TREE_MAX
} accel_tree_aggregate;

typedef enum accel_post_transform {
  ACCEL_POST_NONE,
  ACCEL_POST_SOFTMAX,
  ACCEL_POST_LOGISTIC,
  ACCEL_POST_SOFTMAX_ZERO,
  ACCEL_POST_PROBIT
} accel_post_transform;

#ifdef __cplusplus
}
#endif

#endif // ACCEL_RT_OPS_H
