// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// JPEG 2000 by OpenJPEG: codestreams, and JP2 files with one.

#include "lib/Runtime/CPU/Images/Jpeg2000Head.c"
#include <openjpeg.h>

typedef struct j2k_source {
  const uint8_t *bytes;
  int64_t size, at;
} j2k_source;

static OPJ_SIZE_T j2k_read(void *to, OPJ_SIZE_T count, void *argument) {
  j2k_source *source = argument;
  int64_t left = source->size - source->at;
  if (left == 0)
    return (OPJ_SIZE_T)-1;
  if (count > (OPJ_SIZE_T)left)
    count = (OPJ_SIZE_T)left;
  memcpy(to, source->bytes + source->at, count);
  source->at += (int64_t)count;
  return count;
}
static OPJ_OFF_T j2k_skip(OPJ_OFF_T count, void *argument) {
  j2k_source *source = argument;
  if (count < -source->at || count > source->size - source->at)
    return -1;
  source->at += count;
  return count;
}
static OPJ_BOOL j2k_seek(OPJ_OFF_T to, void *argument) {
  j2k_source *source = argument;
  if (to < 0 || to > source->size)
    return OPJ_FALSE;
  source->at = to;
  return OPJ_TRUE;
}

static void j2k_say(const char *message, void *argument) { (void)message, (void)argument; }

/// Eight bits of a component; one of fewer places than the picture has repeats them.
static void j2k_plane(picture *picture, const opj_image_comp_t *component, uint8_t *to) {
  picture_expect(component->data && component->w > 0 && component->h > 0 && component->dx > 0 &&
                 component->dy > 0 && component->prec >= 1 && component->prec <= 32);
  int64_t zero = component->sgnd ? (int64_t)1 << (component->prec - 1) : 0;
  int shift = (int)component->prec - 8;
  for (int64_t y = 0; y < picture->height; ++y) {
    int64_t row = y / component->dy;
    if (row >= component->h)
      row = component->h - 1;
    const OPJ_INT32 *from = component->data + row * component->w;
    for (int64_t x = 0; x < picture->width; ++x) {
      int64_t column = x / component->dx;
      int64_t number = from[column < component->w ? column : component->w - 1] + zero;
      number = shift >= 0 ? number >> shift : (int64_t)((uint64_t)number << -shift);
      *to++ = (uint8_t)(number < 0 ? 0 : number > 255 ? 255 : number);
    }
  }
}

static uint8_t j2k_clamp(double level) {
  return (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level + 0.5);
}

static void decode_j2000(picture *picture, OPJ_CODEC_FORMAT format) {
  j2k_begin(picture, format == OPJ_CODEC_JP2);
  opj_codec_t *codec = opj_create_decompress(format);
  opj_stream_t *stream = opj_stream_create(1 << 16, OPJ_TRUE);
  picture_expect(codec && stream);
  opj_set_error_handler(codec, j2k_say, NULL);
  j2k_source source = {picture->bytes, picture->size, 0};
  opj_stream_set_user_data(stream, &source, NULL);
  opj_stream_set_user_data_length(stream, (OPJ_UINT64)picture->size);
  opj_stream_set_read_function(stream, j2k_read);
  opj_stream_set_skip_function(stream, j2k_skip);
  opj_stream_set_seek_function(stream, j2k_seek);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  opj_image_t *image = NULL;
  picture_expect(opj_setup_decoder(codec, &parameters) && opj_read_header(stream, codec, &image) &&
                 image);
  picture_expect((int64_t)image->x1 - image->x0 == picture->width &&
                 (int64_t)image->y1 - image->y0 == picture->height && image->numcomps > 0 &&
                 image->numcomps <= kJ2kComponents);
  picture_expect(opj_decode(codec, stream, image) && opj_end_decompress(codec, stream));

  // One component is gray, with a second one the picture may be seen through; a fourth is black, or
  // the same.
  bool is_cmyk = image->numcomps == 4 && image->color_space == OPJ_CLRSPC_CMYK;
  int64_t channels = image->numcomps < 3 ? 1
                     : is_cmyk           ? 4
                                         : 3,
          count = picture->height * picture->width;
  picture_expect(image->comps);
  uint8_t *planes[4];
  for (int64_t i = 0; i < channels; ++i) {
    planes[i] = accel_images_allocate(count);
    j2k_plane(picture, &image->comps[i], planes[i]);
  }
  const opj_image_comp_t *chroma = channels == 3 ? &image->comps[1] : NULL;
  bool is_ycc =
      chroma && (image->color_space == OPJ_CLRSPC_SYCC ||
                 (image->color_space != OPJ_CLRSPC_SRGB &&
                  (chroma->dx != image->comps[0].dx || chroma->dy != image->comps[0].dy)));
  for (int64_t i = 0; i < count; ++i) {
    uint8_t *rgb = picture->rgb + 3 * i;
    if (is_ycc) {
      double luma = planes[0][i], blue = planes[1][i] - 128.0, red = planes[2][i] - 128.0;
      rgb[0] = j2k_clamp(luma + 1.402 * red);
      rgb[1] = j2k_clamp(luma - 0.344136 * blue - 0.714136 * red);
      rgb[2] = j2k_clamp(luma + 1.772 * blue);
    } else if (is_cmyk) {
      uint8_t light[4];
      for (int channel = 0; channel < 4; ++channel)
        light[channel] = 255 - planes[channel][i];
      picture_from_cmyk(rgb, light);
    } else {
      for (int channel = 0; channel < 3; ++channel)
        rgb[channel] = planes[channels == 1 ? 0 : channel][i];
    }
  }
}

static void decode_jp2(picture *picture) { decode_j2000(picture, OPJ_CODEC_JP2); }
static void decode_j2k(picture *picture) { decode_j2000(picture, OPJ_CODEC_J2K); }
