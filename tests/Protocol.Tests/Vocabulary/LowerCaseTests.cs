using CsCheck;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Protocol.Tests.Vocabulary;

public class LowerCaseTests
{
    [Theory]
    [InlineData("İSTANBUL", "i\u0307stanbul")]
    [InlineData("ΟΔΥΣΣΕΥΣ", "οδυσσευς")]
    [InlineData("Σ", "σ")]
    [InlineData("ΑΣ.", "ας.")]
    [InlineData("ΑΣ'Α", "ασ'α")]
    [InlineData("1Σ", "1σ")]
    [InlineData("ΑΣ\u0301", "ας\u0301")]
    [InlineData("ẞ\u212A\U00010400", "ßk\U00010428")]
    public void Lower_case_is_that_of_Unicode(string word, string lower) => Assert.Equal(lower, LowerCase.Of(word));

    [Fact]
    public void Lower_case_stays_as_it_is() => Gen.String.Sample(text => LowerCase.Of(LowerCase.Of(text)) == LowerCase.Of(text), iter: 5000);
}
