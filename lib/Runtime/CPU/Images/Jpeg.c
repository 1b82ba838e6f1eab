// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// JPEG by libjpeg-turbo, with its slow and exact transform and its smooth chroma.

#include "lib/Runtime/CPU/Images/Picture.h"
#include <stdio.h>

#include <jpeglib.h>

/// A file of more scans costs more time than any picture is worth. Programs write up to 18, so that
/// those of more scans must have bytes for their blocks, however they are coded.
enum { kMaxScans = 100, kUsualScans = 20 };

static void jpeg_give_up(j_common_ptr common) {
  (void)common;
  picture_undecodable();
}
/// Damage that a decoder can step over, as all others do.
static void jpeg_warn(j_common_ptr common, int level) { (void)common, (void)level; }
static void jpeg_say(j_common_ptr common) { (void)common; }

static void jpeg_nothing(j_decompress_ptr jpeg) { (void)jpeg; }
/// The file ended early.
static boolean jpeg_fill(j_decompress_ptr jpeg) {
  (void)jpeg;
  picture_undecodable();
}
static void jpeg_skip(j_decompress_ptr jpeg, long count) {
  if (count <= 0)
    return;
  picture_expect((size_t)count <= jpeg->src->bytes_in_buffer);
  jpeg->src->next_input_byte += count;
  jpeg->src->bytes_in_buffer -= (size_t)count;
}

/// Parts of a JPEG decoder that point to each other.
typedef struct jpeg_decoder {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  int max_scans;
} jpeg_decoder;

static void jpeg_check_scans(j_common_ptr common) {
  const jpeg_decoder *decoder = common->client_data;
  picture_expect(decoder->jpeg.input_scan_number <= decoder->max_scans);
}

static void jpeg_begin(jpeg_decoder *decoder) {
  struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
  jpeg->err = jpeg_std_error(&decoder->errors);
  decoder->errors.error_exit = jpeg_give_up;
  decoder->errors.emit_message = jpeg_warn;
  decoder->errors.output_message = jpeg_say;
  jpeg_create_decompress(jpeg);
  jpeg->client_data = decoder;
  decoder->progress.progress_monitor = jpeg_check_scans;
  jpeg->progress = &decoder->progress;
  decoder->source = (struct jpeg_source_mgr){.init_source = jpeg_nothing,
                                             .fill_input_buffer = jpeg_fill,
                                             .skip_input_data = jpeg_skip,
                                             .resync_to_restart = jpeg_resync_to_restart,
                                             .term_source = jpeg_nothing};
  jpeg->src = &decoder->source;
}

static void jpeg_read(jpeg_decoder *decoder, const uint8_t *bytes, int64_t size) {
  decoder->source.next_input_byte = bytes;
  decoder->source.bytes_in_buffer = (size_t)size;
}

/// A block takes a bit or more, unless it is coded arithmetically.
static void jpeg_check_size(jpeg_decoder *decoder, int64_t size) {
  const struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
  int64_t blocks = 0;
  for (int i = 0; i < jpeg->num_components; ++i)
    blocks += (int64_t)jpeg->comp_info[i].width_in_blocks * jpeg->comp_info[i].height_in_blocks;
  bool has_bits = blocks / 8 <= size;
  picture_expect(jpeg->arith_code || has_bits);
  decoder->max_scans = has_bits ? kMaxScans : kUsualScans;
}

static void decode_jpeg(picture *picture) {
  jpeg_decoder decoder = {0};
  struct jpeg_decompress_struct *jpeg = &decoder.jpeg;
  jpeg_begin(&decoder);
  jpeg_read(&decoder, picture->bytes, picture->size);
  picture_expect(jpeg_read_header(jpeg, TRUE) == JPEG_HEADER_OK);
  jpeg_check_size(&decoder, picture->size);
  bool is_cmyk = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
  jpeg->out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
  picture_begin(picture, jpeg->image_height, jpeg->image_width);
  picture_expect(jpeg_start_decompress(jpeg));
  int64_t width = picture->width;
  uint8_t *row = is_cmyk ? accel_images_allocate(width * 4) : NULL;
  for (int64_t y = 0; y < picture->height; ++y) {
    uint8_t *rgb = picture->rgb + y * width * 3, *to = is_cmyk ? row : rgb;
    picture_expect(jpeg_read_scanlines(jpeg, &to, 1) == 1);
    // Programs write light, 255 where there is no ink, as Adobe does.
    for (int64_t x = 0; is_cmyk && x < width; ++x)
      picture_from_cmyk(rgb + 3 * x, row + 4 * x);
  }
}
