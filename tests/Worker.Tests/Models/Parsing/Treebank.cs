using CsCheck;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models.Parsing;

namespace DistEmbed.Worker.Tests.Models.Parsing;

/// <summary>Random projective trees, and examples that carry them.</summary>
internal static class Treebank
{
    public const int Relations = 3;
    public const int Tags = 2;

    /// <summary>Heads and relations of a sentence of a given length: what random transitions build.</summary>
    public static (int[] Heads, int[] Relations) Tree(int words, Random random)
    {
        var state = new ParserState(words);
        while (!state.IsDone)
        {
            int[] allowed = [.. Enumerable.Range(0, 1 + (2 * Relations)).Where(state.Allows)];
            state.Make(allowed[random.Next(allowed.Length)]);
        }

        return ([.. Enumerable.Range(1, words).Select(state.Head)], [.. Enumerable.Range(1, words).Select(state.Relation)]);
    }

    public static Gen<(int[] Heads, int[] Relations)> Trees { get; } = Gen.Select(Gen.Int[1, 12], Gen.Int, (words, seed) => Tree(words, new Random(seed)));

    /// <summary>Sentences of these words with a tree and tags each.</summary>
    public static ExampleSet Sentences(int seed, params int[][] tokens)
    {
        var random = new Random(seed);
        int[][] annotations =
        [
            .. tokens.Select(sentence =>
            {
                (int[] heads, int[] relations) = Tree(sentence.Length, random);
                return HeadAnnotations.Of(heads, relations, [.. sentence.Select(word => (word % (Tags + 1)) - 1)]);
            }),
        ];
        int[] none = new int[tokens.Length];
        Array.Fill(none, -1);
        return new ExampleSet(Starts(tokens), [.. tokens.SelectMany(t => t)], none, Starts(annotations), [.. annotations.SelectMany(a => a)]);
    }

    private static int[] Starts(int[][] arrays) => [0, .. arrays.Select((_, i) => arrays.Take(i + 1).Sum(a => a.Length))];
}
