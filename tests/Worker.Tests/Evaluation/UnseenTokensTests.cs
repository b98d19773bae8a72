using CsCheck;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Worker.Tests.Evaluation;

public class UnseenTokensTests
{
    /// <summary>Padding, unknown, then: moved, untouched with a vector, untouched without, moved by the sign of a zero, untouched though it is no number, never told of.</summary>
    private static readonly float[][] s_start = [[0, 0], [0, 0], [3, 4], [1, 0], [5, 6], [0, 2], [float.NaN, 1], [7, 8]];
    private static readonly float[][] s_now = [[0, 0], [9, 9], [3, 5], [1, 0], [5, 6], [-0f, 2], [float.NaN, 1]];
    private static readonly WordRowStates s_states = States(s_start, s_now, row => row is not 4);

    [Fact]
    public void A_row_is_untouched_when_every_bit_is_its_first()
    {
        Assert.Equal(
            [
                WordRowState.Unknown, WordRowState.Unknown, WordRowState.Moved, WordRowState.Pretrained, WordRowState.NoVector, WordRowState.Moved, WordRowState.Pretrained,
                WordRowState.Pretrained,
            ],
            Enumerable.Range(0, s_states.Rows).Select(row => s_states[row]));
        Assert.Equal([3, 6, 7], s_states.In(WordRowState.Pretrained));
    }

    [Fact]
    public void A_small_part_is_counted_as_by_hand()
    {
        ExampleSet part = Part([[2, 5, 2], [3, 2, 3, 7], [], [4, 3], [1], [7]]);
        UnseenTokens counted = UnseenTokens.Of(part, s_states, [true, false, true, true, false, true], 2);
        Assert.Equal((new WordCount(11, 5), new WordCount(5, 2), new WordCount(1, 1), 1), (counted.All, counted.Pretrained, counted.NoVector, counted.UnknownTokens));
        Assert.Equal((new ExampleCount(4, 2), new ExampleCount(2, 2)), (counted.With, counted.Without));
        Assert.Equal([new UnseenWord(3, 3, true), new UnseenWord(7, 2, true)], counted.Words);
        Assert.Equal([3, 7, 4], UnseenTokens.Of(part, s_states, new bool[6], 9).Words.Select(w => w.Row));
        Assert.Throws<ArgumentException>(() => UnseenTokens.Of(part, s_states, [true], 2));
    }

    [Fact]
    public void Counts_are_those_of_looking_at_every_token() =>
        Gen.Select(Gen.Int[0, 9].Array[1, 8].Array[1, 12], Gen.Int[0, 2].Array[10], Gen.Bool.Array[12]).Sample((examples, kinds, answers) =>
        {
            // Kind 0 moved, 1 untouched with a vector, 2 untouched without.
            float[][] start = [.. kinds.Select(_ => new float[] { 1, 2 })], now = [.. kinds.Select(kind => new float[] { 1, kind == 0 ? 3 : 2 })];
            int Kind(int row) => row < 2 ? 3 : kinds[row];
            var counted = UnseenTokens.Of(Part(examples), States(start, now, row => kinds[row] == 1), answers.AsSpan(0, examples.Length), 10);
            int[] tokens = [.. examples.SelectMany(e => e)];
            Assert.Equal(new WordCount(tokens.Length, tokens.Where(t => t >= 2).Distinct().Count()), counted.All);
            Assert.Equal(Expected(1), counted.Pretrained);
            Assert.Equal(Expected(2), counted.NoVector);
            Assert.Equal(tokens.Count(t => t < 2), counted.UnknownTokens);
            int[] with = [.. Enumerable.Range(0, examples.Length).Where(i => examples[i].Any(t => Kind(t) != 0))];
            Assert.Equal(new ExampleCount(with.Length, with.Count(i => answers[i])), counted.With);
            Assert.Equal(new ExampleCount(examples.Length - with.Length, Enumerable.Range(0, examples.Length).Except(with).Count(i => answers[i])), counted.Without);
            Assert.Equal(
                tokens.Where(t => Kind(t) is 1 or 2).GroupBy(t => t).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).Select(g => new UnseenWord(g.Key, g.Count(), Kind(g.Key) == 1)),
                counted.Words);

            WordCount Expected(int kind) => new(tokens.Count(t => Kind(t) == kind), tokens.Where(t => Kind(t) == kind).Distinct().Count());
        });

    private static WordRowStates States(float[][] start, float[][] now, Func<int, bool> hasVector) => WordRowStates.Of(start.Length, 2, (row, values) => start[row].CopyTo(values), hasVector, visitor =>
    {
        for (int row = 0; row < now.Length; row++)
            visitor(row, now[row]);
    });

    private static ExampleSet Part(int[][] examples)
    {
        int[] starts = new int[examples.Length + 1];
        for (int i = 0; i < examples.Length; i++)
            starts[i + 1] = starts[i] + examples[i].Length;
        return new ExampleSet(starts, [.. examples.SelectMany(e => e)], new int[examples.Length]);
    }
}
