// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions that scripts call, with their operands and parameters. Operands are named as ONNX
// names them; [i] is the one-dimensional tensor whose length is i, an optional one ends in '?'.
// Sizes, axes and indices are i32 or i64. The importer has checked element types and ranks, and
// that constant axes are in range; the functions check all that the run brings: sizes, elements.

#ifndef ACCEL_RUNTIME_OPS_H
#define ACCEL_RUNTIME_OPS_H

#include "accel-rt/Ops.h"
#include "accel-rt/Support.h"

#define ACCEL_OP(name)                                                                             \
  ACCEL_RT_EXPORT int32_t accel_op_##name(accel_frame *frame, accel_op_call *call)

//===-- Fail.c --------------------------------------------------------------------------------===//

/// strings [the message]: gives no results, but fails.
ACCEL_OP(fail);

/// (conditions), strings [the message]: the conditions, if all of them hold.
ACCEL_OP(require);

//===-- AppendRows.c --------------------------------------------------------------------------===//

/// (past [B, H, P, W]?, rows [B, H, S, W], lasts [B], total): a cache of max(total, P) rows, those
/// of `past` with the new ones behind them, of sample b up to lasts[b], then zeros. Where the new
/// ones are all there are (total = S), they come first.
ACCEL_OP(append_rows);

//===-- Random.c ------------------------------------------------------------------------------===//

/// (), ints [number of the node, bits of its seed (f32)?]; results: stream u64 [], key u64 []: what
/// the random numbers of a node follow from in this run. The number only tells calls apart.
ACCEL_OP(draw);
/// (input [rows, classes] of floats, numbers f64 [rows, samples] of 0 up to 1), ints [bits of a
/// result, 32 or 64]: Multinomial-22.
ACCEL_OP(multinomial);

//===-- Labels.c ------------------------------------------------------------------------------===//

/// (labels, scores?), ints [classes or -1: dim 1 of scores; whether one is ignored; which]: the
/// labels as i64, the ignored one as -1. Fails where a label is no class.
ACCEL_OP(labels);

//===-- Det.c ---------------------------------------------------------------------------------===//

/// (X [..., n, n] of floats): Det-22, in f64.
ACCEL_OP(det);

//===-- Shape.c: the same elements under other dims -------------------------------------------===//

/// (data, shape [r]), ints [allowzero, the rank of the result?]: ONNX Reshape-25.
ACCEL_OP(reshape);
/// (data, axes [n]?), ints [the rank of the result?]: Squeeze-25. Without axes, dims of 1 vanish.
ACCEL_OP(squeeze);
/// (data, axes [n]), ints [the rank of the result?]: Unsqueeze-25.
ACCEL_OP(unsqueeze);

/// (size [one element], of any type): a dim of this size, floats cut off; its elements mean
/// nothing. So does a size that follows from data become one of the sizes that a segment binds.
ACCEL_OP(extent);

//===-- Move.c: copies of blocks --------------------------------------------------------------===//

/// (input, shape [r]), ints [the rank of the result?]: Expand-13.
ACCEL_OP(expand);
/// (data, starts [n], ends [n], axes [n]?, steps [n]?): Slice-13.
ACCEL_OP(slice);
/// (input, repeats [rank]): Tile-13.
ACCEL_OP(tile);
/// (input, split [number of results]?), ints [axis]: Split-18. Without sizes, all results are of
/// the same size, rounded up, but the last.
ACCEL_OP(split);
/// (shape [r], value with one element), ints [the rank of the result?]: ConstantOfShape-25.
ACCEL_OP(constant_of_shape);

//===-- Pad.c ---------------------------------------------------------------------------------===//

/// (data, pads [2 n], constant_value?, axes [n]?), ints [ACCEL_PAD_*]: Pad-25. Negative pads cut
/// off first; what is left is then padded.
ACCEL_OP(pad);

//===-- Range.c -------------------------------------------------------------------------------===//

/// (start, limit, delta): Range-11, of all numbers.
ACCEL_OP(range);

//===-- Select.c: elements and slices that a condition chooses --------------------------------===//

/// (X): NonZero-13. A scalar counts as one dim of 1.
ACCEL_OP(nonzero);
/// (input, condition [n]), ints [axis]: Compress-11.
ACCEL_OP(compress);
/// (indices, depth, values [2]), ints [axis]: OneHot-11. Indices and depth are numbers of any type.
ACCEL_OP(onehot);

//===-- Fold.c: parts of pictures and sequences where they belong
//-------------------------------===//

/// (input [N, C blocks, L] of f32, f64 or i64, image_shape [r], block_shape [r]), ints [r,
/// dilations [r], pads [2 r], strides [r]]: Col2Im-18, r at most 8.
ACCEL_OP(col2im);
/// (X, I i64 as X, output_shape [rank]?), ints [kernel sizes, strides, sums of pads], each one for
/// a spatial dim: MaxUnpool-22.
ACCEL_OP(max_unpool);
/// (data, shape [n]), ints [n axes]: CenterCropPad-18.
ACCEL_OP(center_crop_pad);
/// (data, sequence_lens [batch]), ints [time_axis, 0 or 1]: ReverseSequence-10.
ACCEL_OP(reverse_sequence);

//===-- Spectrum.c ----------------------------------------------------------------------------===//

/// (input [..., 1 or 2] of f32 or f64, dft_length?, axis?), ints [inverse, onesided, axis, which an
/// operand overrides]: DFT-20.
ACCEL_OP(dft);
/// (signal [batch, L] or [batch, L, 1 or 2] of f32 or f64, frame_step, window [length]? of its
/// type, frame_length?), ints [onesided]: STFT-17.
ACCEL_OP(stft);
/// (num_mel_bins, dft_length, sample_rate, lower_edge_hertz, upper_edge_hertz): MelWeightMatrix-17,
/// f64.
ACCEL_OP(mel_weight_matrix);

//===-- Sample.c: elements of pictures and volumes between their positions --------------------===//

/// (X [N, C, sizes], grid [N, places, dims]), ints [ACCEL_SAMPLE_*, ACCEL_BORDER_*, align_corners]:
/// GridSample-22. The grid is f32 or f64, X of its type, or of any with ACCEL_SAMPLE_NEAREST.
ACCEL_OP(grid_sample);

//===-- Deform.c ------------------------------------------------------------------------------===//

/// (X [N, C, H, W], offset [N, 2 groups kh kw, h, w], mask [N, groups kh kw, h, w]?), all f32 or
/// f64, ints [kh, kw, stride, stride, pad above, left, below, right, dilation, dilation, groups]:
/// what DeformConv-22 multiplies with its filters, [N, C kh kw, h w].
ACCEL_OP(deform_columns);

//===-- Roi.c: regions of pictures ------------------------------------------------------------===//

/// (X [N, C, H, W], rois [R, 4], batch_indices i64 [R]), X and scaled rois f32 or f64, ints
/// [output_height, output_width, sampling_ratio, half_pixel, max]: RoiAlign-22.
ACCEL_OP(roi_align);
/// (X [N, C, H, W], rois [R, 5]), X and scaled rois f32 or f64, ints [height, width]:
/// MaxRoiPool-22.
ACCEL_OP(max_roi_pool);

//===-- TopK.c --------------------------------------------------------------------------------===//

/// (X, K), ints [axis, largest]: TopK-24, always sorted; results: values, indices (i64). Of equal
/// elements the first comes first. NaN is greater than any number, as NumPy sorts it.
ACCEL_OP(topk);

//===-- Unique.c ------------------------------------------------------------------------------===//

/// (X), ints [sorted] or [sorted, axis]: Unique-11; results: Y, indices, inverse_indices, counts.
/// NaN is one value, greater than any number; 0.0 and -0.0 are one.
ACCEL_OP(unique);

//===-- NonMaxSuppression.c -------------------------------------------------------------------===//

/// (boxes [B, N, 4], scores [B, C, N], max_output_boxes_per_class?, iou_threshold?,
/// score_threshold?), all f32, ints [center_point_box]: NonMaxSuppression-11. Of equal scores the
/// first box comes first.
ACCEL_OP(nms);

//===-- Reduce.c ------------------------------------------------------------------------------===//

/// (data, axes [n]?), ints [ACCEL_REDUCE_*, keepdims, noop_with_empty_axes, the
/// rank of the result?]: Reduce*-18. Floats are
/// summed in f64, integers modulo 2^64.
ACCEL_OP(reduce);

//===-- Linear.c: in the order of additions of ONNX Runtime -----------------------------------===//

/// (X [N, width] of f32, coefficients [classes, width], labels i64 [classes], scores [N, classes],
/// intercepts [classes]?), ints [whether the scores become their softmax]; results: the label of
/// each row's largest score [N], scores [N, classes]. Where N is 1 the scores are computed anew.
ACCEL_OP(classify_rows);
/// (X [..., width] of f32): each row divided by the sum of its magnitudes; zeros stay.
ACCEL_OP(normalize_rows);

//===-- Map.c ---------------------------------------------------------------------------------===//

/// (map), ints [whether in ascending order of the keys, which are i64 then]; results: keys [n],
/// values [n].
ACCEL_OP(open_map);

//===-- Sequence.c: sequences and optional values, which are arrays of boxes
//-------------------===//

/// (items...): SequenceConstruct-11, SequenceEmpty-11, Optional-15.
ACCEL_OP(sequence_construct);
/// (sequence, tensor, position?), ints [whether the tensor is one box]: SequenceInsert-11.
ACCEL_OP(sequence_insert);
/// (sequence, position?): SequenceErase-11.
ACCEL_OP(sequence_erase);
/// (sequence): SequenceLength-11.
ACCEL_OP(sequence_length);
/// (sequence, position?), ints [1]: one box, of SequenceAt-11 or OptionalGetElement-18; or ints [0,
/// type, dims...]: what is in it, which must have this type (ACCEL_TYPE of Common.h) and these
/// dims, of which -1 may be any.
ACCEL_OP(sequence_at);
/// (input, split?), ints [axis, keepdims]: SplitToSequence-24.
ACCEL_OP(split_to_sequence);
/// (sequence), ints [axis, new_axis, type, rank, dims...]: ConcatFromSequence-11; of the result's
/// dims -1 may be any.
ACCEL_OP(concat_from_sequence);

//===-- Text.c: of tensors of strings, whose elements are their numbers
//------------------------===//

/// (X, Y): StringConcat-20.
ACCEL_OP(string_concat);
/// (X, delimiter), ints [most splits; any number if negative]: StringSplit-20; results: Y, counts.
/// Without a delimiter, that is an empty one, words between spaces.
ACCEL_OP(string_split);
/// (X): for each element, how many different ones come before it in the order of code points.
ACCEL_OP(string_ranks);
/// (numbers), ints [decimals of floats?]: Cast-25 to strings.
ACCEL_OP(number_to_string);
/// (X), ints [ACCEL_TEXT_*]: Cast-25 of strings to f64, i64 or u64.
ACCEL_OP(string_to_number);

//===-- Normalize.c ---------------------------------------------------------------------------===//

/// (X [C] or [1, C], stopwords [n]), ints [ACCEL_CASE_*, is_case_sensitive]: StringNormalizer-10.
ACCEL_OP(string_normalize);

//===-- Regex.c -------------------------------------------------------------------------------===//

/// (X, code i32 [n, 3], ranges i32 [m, 2]): RegexFullMatch-20.
ACCEL_OP(regex_full_match);

//===-- Find.c --------------------------------------------------------------------------------===//

/// (X, keys [n] of its type, ascending), ints [fails]: the place of each element among the keys; n
/// where it is none, or a failure.
ACCEL_OP(find);
/// (X [C] or [N, C] of i32, i64 or strings, nodes i64 [n, 3], edges i64 [m, 2]), ints
/// [min_gram_length, max_gram_length, max_skip_count, columns]: how often each n-gram of
/// TfIdfVectorizer-9 is there, f32. A node is its first edge, their count, and its column or -1; an
/// edge an element, ascending, and a node.
ACCEL_OP(ngrams);

//===-- Svm.c ---------------------------------------------------------------------------------===//

/// (pairs f32 [rows, classes * (classes - 1) / 2]: for each pair of classes, (0, 1), (0, 2) .. (1,
/// 2) .., the probability of its first one), ints [classes]: probabilities f32 [rows, classes].
ACCEL_OP(couple_classes);

//===-- TreeEnsemble.c ------------------------------------------------------------------------===//

/// (X [rows, elements] or [elements], nodes i64 [n, 2], roots i64 [trees], weights f64 [w],
/// targets i64 [w] of the weights, members f64 [m], base_values f64 [0, 1 or targets]), ints
/// [accel_tree_aggregate, accel_post_transform, targets, most index of an element, f64 results]:
/// TreeEnsemble-5 and ai.onnx.ml's TreeEnsembleRegressor-5.
/// Trees, with all their indices but that of an element, have been checked by the compiler.
/// Computes in f32 as ONNX Runtime does, unless X is f64.
ACCEL_OP(tree_ensemble);

/// The same operands, then labels i64 [targets]; ints as above, then [binary: all weights are of
/// one class of two, no weight is negative]: TreeEnsembleClassifier-5; results: labels i64 [rows],
/// scores f32 [rows, targets].
ACCEL_OP(tree_classifier);

//===-- lib/Runtime/CPU/Images ----------------------------------------------------------------===//

/// (encoded_stream u8 [n]), ints [ACCEL_PIXELS_*]: ImageDecoder-20, u8 [height, width, 3 or 1]; no
/// pixels where the bytes are no picture. Fails where a picture is too large, and where it is one
/// of a kind that is not decoded.
ACCEL_OP(image_decode);

#undef ACCEL_OP

#endif // ACCEL_RUNTIME_OPS_H
