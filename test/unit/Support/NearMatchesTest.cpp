// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which names are offered for a mistyped one.

#include "lib/Support/NearMatches.h"
#include "gtest/gtest.h"

using namespace accel;

using Names = std::vector<std::string>;

TEST(NearMatchesTest, FewEditsLeadToThem) {
  EXPECT_EQ(nearMatches("bais", {"bias", "product", "base"}), (Names{"bias", "base"}));
  EXPECT_EQ(nearMatches("Conv_12", {"conv_21", "conv_12"}), (Names{"conv_12", "conv_21"}));
  EXPECT_EQ(nearMatches("yy", {"y", "xx", "x"}), Names{"y"});
}

TEST(NearMatchesTest, PartsOfNamesAreFound) {
  EXPECT_EQ(nearMatches("layer1", {"/model/layer1/Add_output_0", "/model/layer2"}),
            Names{"/model/layer1/Add_output_0"});
  EXPECT_EQ(nearMatches("relu_7_output_0", {"relu_7"}), Names{"relu_7"});
}

TEST(NearMatchesTest, NothingIsNearToNothing) {
  EXPECT_TRUE(nearMatches("nothing", {"a", "softmax"}).empty());
  EXPECT_TRUE(nearMatches("a", {}).empty());
}

TEST(NearMatchesTest, EachIsNamedOnceAndFewAre) {
  EXPECT_EQ(nearMatches("add", {"adda", "adda", "addb", "addc", "addd"}),
            (Names{"adda", "addb", "addc"}));
}
