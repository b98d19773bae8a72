using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

public class WordCaseTests
{
    [Theory]
    [InlineData("word", WordCase.Lower)]
    [InlineData("o'clock", WordCase.Lower)]
    [InlineData("IBM", WordCase.Upper)]
    [InlineData("U.S.", WordCase.Upper)]
    [InlineData("I", WordCase.InitialUpper)]
    [InlineData("Word", WordCase.InitialUpper)]
    [InlineData("\u00c9cole", WordCase.InitialUpper)]
    [InlineData("McDonald", WordCase.Mixed)]
    [InlineData("eBay", WordCase.Mixed)]
    [InlineData("1984", WordCase.Digits)]
    [InlineData("1,000", WordCase.MainlyDigits)]
    [InlineData("B2B", WordCase.SomeDigits)]
    [InlineData(",", WordCase.Other)]
    [InlineData("\u6771\u4eac", WordCase.Other)]
    public void A_word_has_one_case(string word, WordCase expected) => Assert.Equal(expected, WordCases.Of(word));
}
