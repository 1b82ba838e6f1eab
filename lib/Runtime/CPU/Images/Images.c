// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ImageDecoder, as one unit: what kind of file it is, and what becomes of its pixels.

#include "lib/Runtime/CPU/Images/Picture.h"

#include "lib/Runtime/CPU/Images/Bmp.c"
#include "lib/Runtime/CPU/Images/Jpeg.c"
#include "lib/Runtime/CPU/Images/Jpeg2000.c"
#include "lib/Runtime/CPU/Images/Png.c"
#include "lib/Runtime/CPU/Images/Pnm.c"
#include "lib/Runtime/CPU/Images/Tiff.c"
#include "lib/Runtime/CPU/Images/Webp.c"

/// What decoders may take before sizes are known, and for each pixel then: JPEG 2000 takes most,
/// two 32-bit numbers for each of four channels, and what is behind them.
enum { kRoom = 64 << 20, kRoomPerPixel = 40 };

static const accel_dtype kByte = {ACCEL_UINT, 8, 1};

static void picture_begin(picture *picture, int64_t height, int64_t width) {
  picture_expect(height > 0 && width > 0);
  if (height > kMaxPixels / width)
    picture_refuse(picture, "expected a picture of at most 2^28 pixels, found %lld",
                   height <= INT64_MAX / width ? height * width : INT64_MAX);
  picture->height = height, picture->width = width;
  accel_images_add_room(height * width * kRoomPerPixel);
  if (picture->order == ACCEL_PIXELS_GRAY) {
    picture->rgb = accel_images_allocate(height * width * 3);
    return;
  }
  const int64_t dims[3] = {height, width, 3};
  picture->rgb = accel_rt_new_array(picture->frame, picture->result, kByte, 3, dims);
  if (!picture->rgb)
    accel_images_give_up();
}

/// What files begin with; '?' is any byte.
static const struct {
  const char *begin;
  int64_t size;
  void (*decode)(picture *);
} kFormats[] = {
    {"BM", 2, decode_bmp},
    {"\xff\xd8", 2, decode_jpeg},
    {"\x89PNG\r\n\x1a\n", 8, decode_png},
    {"RIFF????WEBP", 12, decode_webp},
    {"\0\0\0\x0cjP  \r\n\x87\n", 12, decode_jp2},
    {"\xff\x4f\xff\x51", 4, decode_j2k},
    {"II*\0", 4, decode_tiff},
    {"MM\0*", 4, decode_tiff},
    {"II+\0", 4, decode_tiff},
    {"MM\0+", 4, decode_tiff},
    {"P", 1, decode_pnm},
};

static bool begins_with(const picture *picture, const char *begin, int64_t size) {
  if (picture->size < size)
    return false;
  for (int64_t i = 0; i < size; ++i)
    if (begin[i] != '?' && (uint8_t)begin[i] != picture->bytes[i])
      return false;
  return true;
}

/// The luma of ITU-R BT.601, in whole numbers that add up to 2^16.
static void to_gray(uint8_t *gray, const uint8_t *rgb, int64_t count) {
  for (int64_t i = 0; i < count; ++i, rgb += 3)
    gray[i] = (uint8_t)((rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000) >> 16);
}

static void to_bgr(uint8_t *rgb, int64_t count) {
  for (int64_t i = 0; i < count; ++i, rgb += 3) {
    uint8_t red = rgb[0];
    rgb[0] = rgb[2];
    rgb[2] = red;
  }
}

static void decode(void *argument) {
  picture *picture = argument;
  for (size_t i = 0; i < sizeof kFormats / sizeof *kFormats; ++i)
    if (begins_with(picture, kFormats[i].begin, kFormats[i].size)) {
      kFormats[i].decode(picture);
      int64_t count = picture->height * picture->width;
      if (picture->order == ACCEL_PIXELS_BGR)
        to_bgr(picture->rgb, count);
      if (picture->order != ACCEL_PIXELS_GRAY)
        return;
      const int64_t dims[3] = {picture->height, picture->width, 1};
      uint8_t *gray = accel_rt_new_array(picture->frame, picture->result, kByte, 3, dims);
      if (!gray)
        accel_images_give_up();
      to_gray(gray, picture->rgb, count);
      return;
    }
  picture_undecodable();
}

int32_t accel_op_image_decode(accel_frame *frame, accel_op_call *call) {
  const accel_array *bytes = call->inputs[0];
  picture picture = {.frame = frame,
                     .result = &call->outputs[0],
                     .bytes = bytes->data,
                     .size = bytes->dims[0],
                     .order = call->ints[0]};
  images_end end = accel_images_guarded(decode, &picture, kRoom);
  if (end == IMAGES_DONE || accel_rt_status(frame))
    return accel_rt_status(frame);
  if (picture.result->data)
    accel_rt_release_array(frame, picture.result);
  if (picture.refusal)
    return accel_rt_fail(frame, ACCEL_RUN_FAILED, picture.refusal, picture.refused);
  if (end == IMAGES_OUT_OF_ROOM)
    return accel_rt_fail(frame, ACCEL_OUT_OF_MEMORY,
                         "no memory, or none that a picture may take, was left to decode one of "
                         "%lld pixels",
                         picture.height * picture.width);
  const int64_t none[3] = {0, 0, picture.order == ACCEL_PIXELS_GRAY ? 1 : 3};
  accel_rt_new_array(frame, picture.result, kByte, 3, none);
  return accel_rt_status(frame);
}
