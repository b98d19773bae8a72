using DistEmbed.Protocol.Jobs.Settings;

namespace DistEmbed.Protocol.Tests.Jobs;

public class SpellingTests
{
    private static readonly string[] Known = ["learningRate", "epochs", "batch", "minCount", "thaw", "text-cnn", "delimited", "json-lines", "--run-dir"];

    [Theory]
    [InlineData("lr", "learningRate")]
    [InlineData("learning_rate", "learningRate")]
    [InlineData("learning-rate", "learningRate")]
    [InlineData("epoch", "epochs")]
    [InlineData("batch_size", "batch")]
    [InlineData("min_count", "minCount")]
    [InlineData("MinCount", "minCount")]
    [InlineData("unfreeze", "thaw")]
    [InlineData("cnn", "text-cnn")]
    [InlineData("textcnn", "text-cnn")]
    [InlineData("csv", "delimited")]
    [InlineData("jsonl", "json-lines")]
    [InlineData("--output_dir", "--run-dir")]
    [InlineData("delimted", "delimited")]
    [InlineData("qqqqqq", null)]
    [InlineData("", null)]
    public void A_word_of_other_programs_or_another_way_of_writing_finds_the_word_that_is_meant(string word, string? meant) =>
        Assert.Equal(meant, Spelling.Nearest(word, Known));

    [Fact]
    public void A_word_that_is_not_known_here_is_not_suggested() => Assert.Null(Spelling.Nearest("lr", ["rows", "state"]));
}
