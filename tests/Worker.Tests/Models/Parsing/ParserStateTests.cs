using CsCheck;
using DistEmbed.Worker.Models.Parsing;

namespace DistEmbed.Worker.Tests.Models.Parsing;

public class ParserStateTests
{
    [Fact]
    public void The_oracle_builds_every_projective_tree_with_one_root_in_two_transitions_a_word() => Treebank.Trees.Sample(tree =>
    {
        Assert.True(ParserOracle.Derives(tree.Heads));
        var replayed = new ParserState(tree.Heads.Length);
        int made = 0;
        ParserOracle.Follow(tree.Heads, tree.Relations, (_, transition) =>
        {
            replayed.Make(transition);
            made++;
        });
        Assert.True(replayed.IsDone);
        Assert.Equal(2 * tree.Heads.Length, made);
        Assert.Equal(tree.Heads, Enumerable.Range(1, tree.Heads.Length).Select(replayed.Head));
        Assert.Equal(tree.Relations, Enumerable.Range(1, tree.Heads.Length).Select(replayed.Relation));
    });

    [Fact]
    public void A_tree_is_derived_if_and_only_if_it_has_one_root_and_nothing_crosses() => Gen.Int[0, 6].Array[1, 6].Sample(heads =>
    {
        int words = heads.Length;
        if (heads.Any(head => head > words) || Enumerable.Range(0, words).Any(word => !LeadsToRoot(heads, word)))
            return;
        bool crosses = Enumerable.Range(0, words).Any(a => Enumerable.Range(0, words).Any(b => Ends(heads, a) is var (low, high) && Ends(heads, b) is var (from, to)
            && low < from && from < high && high < to));
        Assert.Equal(!crosses && heads.Count(head => head == 0) == 1, ParserOracle.Derives(heads));
    }, iter: 20_000);

    [Fact]
    public void Unknown_heads_and_no_words_are_not_derived()
    {
        Assert.False(ParserOracle.Derives([]));
        Assert.False(ParserOracle.Derives([0, -1]));
    }

    [Fact]
    public void Features_are_those_of_the_paper_whatever_way_a_configuration_was_reached() => Gen.Select(Gen.Int[1, 12], Gen.Int).Sample((words, seed) =>
    {
        var random = new Random(seed);
        var state = new ParserState(words);
        var arcs = new List<(int Head, int Word)>();
        while (!state.IsDone)
        {
            int[] read = new int[ParserFeatures.Words];
            ParserFeatures.Read(state, read);
            int Left(int word, int which) => word < 0 ? -1 : arcs.Where(a => a.Head == word && a.Word < word).Select(a => a.Word).Order().ElementAtOrDefault(which) is var w and > 0 ? w : -1;
            int Right(int word, int which) => word < 0 ? -1 : arcs.Where(a => a.Head == word && a.Word > word).Select(a => a.Word).OrderDescending().ElementAtOrDefault(which) is var w and > 0 ? w : -1;
            var expected = new List<int>();
            for (int place = 0; place < 3; place++)
                expected.Add(state.Stack(place));
            for (int place = 0; place < 3; place++)
                expected.Add(state.Buffer(place));
            for (int depth = 0; depth < 2; depth++)
            {
                int word = state.Stack(depth);
                expected.AddRange([Left(word, 0), Right(word, 0), Left(word, 1), Right(word, 1), Left(Left(word, 0), 0), Right(Right(word, 0), 0)]);
            }

            Assert.Equal(expected, read);
            int[] allowed = [.. Enumerable.Range(0, 3).Where(state.Allows)];
            int transition = allowed[random.Next(allowed.Length)];
            (int first, int second) = (state.Stack(0), state.Stack(1));
            state.Make(transition);
            if (transition != ParserState.Shift)
                arcs.Add(transition == ParserState.LeftArc(0) ? (first, second) : (second, first));
        }
    });

    [Fact]
    public void A_transition_that_is_not_allowed_is_refused()
    {
        var state = new ParserState(1);
        Assert.Throws<InvalidOperationException>(() => state.Make(ParserState.RightArc(0)));
        state.Make(ParserState.Shift);
        Assert.Throws<InvalidOperationException>(() => state.Make(ParserState.LeftArc(0))); // the root is nobody's dependent
        Assert.Throws<InvalidOperationException>(() => state.Make(ParserState.Shift));
    }

    private static bool LeadsToRoot(int[] heads, int word)
    {
        int at = word + 1;
        for (int up = 0; at != 0; up++)
        {
            if (up > heads.Length)
                return false;
            at = heads[at - 1];
        }

        return true;
    }

    private static (int Low, int High) Ends(int[] heads, int word) => (Math.Min(heads[word], word + 1), Math.Max(heads[word], word + 1));
}
