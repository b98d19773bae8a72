using CsCheck;
using DistEmbed.Worker.Models;

namespace DistEmbed.Worker.Tests.Models;

public class SentenceStepsTests
{
    [Fact]
    public void Every_word_has_a_row_of_its_own_beside_those_of_its_position_and_sentences_that_go_on_come_first() => Gen.Int[0, 6].Array[0, 8].Sample(lengths =>
    {
        var steps = new SentenceSteps(lengths);
        Assert.Equal(lengths.Sum(), steps.Rows);
        Assert.Equal(lengths.DefaultIfEmpty(0).Max(), steps.Steps);
        var words = (from sentence in Enumerable.Range(0, lengths.Length) from word in Enumerable.Range(0, lengths[sentence]) select (sentence, word)).ToArray();
        Assert.Equal(Enumerable.Range(0, steps.Rows), words.Select(w => steps.RowOf(w.sentence, w.word)).Order());
        foreach ((int sentence, int word) in words)
        {
            int row = steps.RowOf(sentence, word);
            Assert.InRange(row, steps.First(word), steps.First(word) + steps.Count(word) - 1);
            Assert.Equal(steps.RowOf(sentence, lengths[sentence] - 1 - word), steps.Mirror(row));
            if (word > 0)
                Assert.Equal(row - steps.First(word), steps.RowOf(sentence, word - 1) - steps.First(word - 1));
        }
    });
}
