// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Messages: what a call expected and what it found. Only failing calls come here.

#include "lib/Runtime/Common/Internal.h"
#include <stdarg.h>
#include <stdio.h>

ACCEL_LOCAL accel_text accel_text_in(char *data, size_t bytes) {
  if (bytes)
    data[0] = '\0';
  return (accel_text){data, bytes, 0};
}

static void print_list(accel_text *text, const char *format, va_list arguments) {
  if (text->used + 1 >= text->bytes)
    return;
  int count = vsnprintf(text->data + text->used, text->bytes - text->used, format, arguments);
  if (count < 0)
    return;
  text->used += (size_t)count;
  if (text->used >= text->bytes)
    text->used = text->bytes - 1;
}

ACCEL_LOCAL void accel_print(accel_text *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  print_list(text, format, arguments);
  va_end(arguments);
}

ACCEL_LOCAL void accel_print_dtype(accel_text *text, accel_dtype dtype) {
  static const char *const names[] = {"int",
                                      "uint",
                                      "float",
                                      "opaque",
                                      "bfloat",
                                      "complex",
                                      "bool",
                                      "float8_e3m4",
                                      "float8_e4m3",
                                      "float8_e4m3b11",
                                      "float8_e4m3fn",
                                      "float8_e4m3fnuz",
                                      "float8_e5m2",
                                      "float8_e5m2fnuz",
                                      "float8_e8m0fnu",
                                      "float6_e2m3fn",
                                      "float6_e3m2fn",
                                      "float4_e2m1fn"};
  if (dtype.code >= sizeof names / sizeof *names) {
    accel_print(text, "dtype(code %d, bits %d)", dtype.code, dtype.bits);
    return;
  }
  if (dtype.code == ACCEL_OPAQUE && dtype.bits == 8 * sizeof(accel_string)) {
    accel_print(text, "string");
    return;
  }
  accel_print(text, "%s", names[dtype.code]);
  if (dtype.code < ACCEL_BOOL || (dtype.code == ACCEL_BOOL && dtype.bits != 8))
    accel_print(text, "%d", dtype.bits);
  if (dtype.lanes != 1)
    accel_print(text, "x%d", dtype.lanes);
}

ACCEL_LOCAL const char *accel_kind_name(accel_kind kind) {
  static const char *const names[] = {"nothing",    "a tensor",          "a tensor of strings",
                                      "a sequence", "an optional value", "a map"};
  return kind >= 0 && kind <= ACCEL_MAP ? names[kind] : "a value of unknown kind";
}

ACCEL_LOCAL void accel_print_port(accel_text *text, const accel_program *program,
                                  const accel_port *port) {
  if (!accel_is_dense(port)) {
    accel_print(text, "%s", accel_kind_name(port->kind));
    return;
  }
  accel_print_dtype(text, port->dtype);
  accel_print(text, "[");
  for (int32_t axis = 0; axis < port->rank; ++axis) {
    int64_t dim = port->dims[axis];
    accel_print(text, axis ? ", " : "");
    if (dim >= 0)
      accel_print(text, "%lld", (long long)dim);
    else if (dim == ACCEL_UNKNOWN_DIM)
      accel_print(text, "?");
    else
      accel_print(text, "%s", program->symbols[-1 - dim].name);
  }
  accel_print(text, "]");
}

ACCEL_LOCAL void accel_print_tensor(accel_text *text, const accel_tensor *tensor) {
  accel_print_dtype(text, tensor->dtype);
  accel_print(text, "[");
  for (int32_t axis = 0; axis < tensor->ndim && axis < ACCEL_MAX_RANK; ++axis)
    accel_print(text, axis ? ", %lld" : "%lld", (long long)tensor->shape[axis]);
  accel_print(text, "]");
}

ACCEL_LOCAL accel_text accel_new_message(accel_context *context) {
  return accel_text_in(context->message, sizeof context->message);
}

ACCEL_LOCAL accel_status accel_error(accel_context *context, accel_status status,
                                     const char *format, ...) {
  accel_text text = accel_new_message(context);
  va_list arguments;
  va_start(arguments, format);
  print_list(&text, format, arguments);
  va_end(arguments);
  if (context->log)
    context->log(context->log_user, ACCEL_LOG_ERROR, context->message);
  return status;
}
