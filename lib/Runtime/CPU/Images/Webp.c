// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// WebP by libwebp; of an animation its first frame, on black.

#include "lib/Runtime/CPU/Images/Picture.h"
#include <webp/decode.h>
#include <webp/demux.h>

static void decode_webp(picture *picture) {
  WebPBitstreamFeatures features;
  picture_expect(WebPGetFeatures(picture->bytes, (size_t)picture->size, &features) ==
                 VP8_STATUS_OK);
  picture_begin(picture, features.height, features.width);
  int64_t pitch = picture->width * 3, all = picture->height * pitch;
  WebPIterator frame = {.fragment = {picture->bytes, (size_t)picture->size}};
  if (features.has_animation) {
    WebPData file = frame.fragment;
    WebPDemuxer *demuxer = WebPDemux(&file);
    picture_expect(demuxer && WebPDemuxGetFrame(demuxer, 1, &frame));
    picture_expect(frame.x_offset >= 0 && frame.y_offset >= 0 && frame.width > 0 &&
                   frame.height > 0 && frame.width <= picture->width - frame.x_offset &&
                   frame.height <= picture->height - frame.y_offset);
    memset(picture->rgb, 0, (size_t)all);
  }
  int64_t skipped = frame.y_offset * pitch + frame.x_offset * 3;
  // Its own size counts where the file says several.
  int width, height;
  picture_expect(WebPGetInfo(frame.fragment.bytes, frame.fragment.size, &width, &height) &&
                 width <= picture->width - frame.x_offset &&
                 height <= picture->height - frame.y_offset);
  picture_expect(WebPDecodeRGBInto(frame.fragment.bytes, frame.fragment.size,
                                   picture->rgb + skipped, (size_t)(all - skipped),
                                   (int)pitch) != NULL);
}
