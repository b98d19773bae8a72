using DistEmbed.Coordinator.Cli;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Tests.Cli;

public class NeighborTableTests
{
    [Fact]
    public void Neighbours_that_come_in_are_marked_and_missing_words_are_said()
    {
        var vocabulary = WordVocabulary.FromCounts(new Dictionary<string, long> { ["bad"] = 4, ["good"] = 3, ["terrible"] = 2, ["film"] = 1 }, 1);
        // Padding and unknown first, then the words by count: bad, good, terrible, film.
        var before = new WordVectors(vocabulary, 2, [0, 0, 0, 0, 1, 0, 1, 0.1f, 0.5f, 1, 0, 1]);
        var after = new WordVectors(vocabulary, 2, [0, 0, 0, 0, 0, 1, 1, 0.1f, 0.5f, 1, -1, 1]);

        Assert.Equal(
            [
                "  bad    0.00  before  good, terrible",
                "               after   terrible, *film",
                "  none  not in the vocabulary",
            ],
            NeighborTable.Lines(before, after, ["bad", "none"], 2, word => $"*{word}"));
    }
}
