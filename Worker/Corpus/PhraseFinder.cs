using System.Runtime.InteropServices;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Corpus;

/// <summary>
/// Finds the pairs of neighbouring words whose score is above a threshold (<see cref="PhrasesSpec"/>). Counts are exact, where word2phrase.c drops rare ones when its
/// table is full: pairs that would not fit into memory at once are counted in parts, each in a reading of its own.
/// </summary>
/// <param name="spec">The settings.</param>
/// <param name="mostPairs">About how many different pairs are held at once.</param>
public sealed class PhraseFinder(PhrasesSpec spec, int mostPairs = PhraseFinder.MostPairs)
{
    /// <summary>Pairs of half a gigabyte.</summary>
    public const int MostPairs = 1 << 24;

    /// <summary>The pairs of some text, by first and second word as <see cref="Key"/> puts them together, with their scores.</summary>
    /// <param name="tokens">Numbers of the text's words.</param>
    /// <param name="starts">Where in it sentences begin, and at last where it ends. No pair spans two sentences.</param>
    /// <param name="counts">How often each word is in the text.</param>
    /// <param name="threshold">The score to be above.</param>
    public Dictionary<ulong, double> Find(ReadOnlySpan<int> tokens, ReadOnlySpan<int> starts, ReadOnlySpan<long> counts, double threshold)
    {
        var found = new Dictionary<ulong, double>();
        long candidates = Candidates(tokens, starts, counts);
        uint parts = (uint)((candidates + mostPairs - 1) / mostPairs);
        var pairs = new Dictionary<ulong, int>();
        for (uint part = 0; part < parts; part++)
        {
            pairs.Clear();
            Count(tokens, starts, counts, part, parts, pairs);
            foreach ((ulong pair, int count) in pairs)
            {
                double score = count < spec.MinCount ? 0 : (double)(count - spec.MinCount) / counts[First(pair)] / counts[Second(pair)] * tokens.Length;
                if (score > threshold)
                    found.Add(pair, score);
            }
        }

        return found;
    }

    /// <summary>Two words as one number.</summary>
    public static ulong Key(int first, int second) => (ulong)(uint)first << 32 | (uint)second;

    /// <summary>The first word of a pair.</summary>
    public static int First(ulong pair) => (int)(pair >> 32);

    /// <summary>The second word of a pair.</summary>
    public static int Second(ulong pair) => (int)(uint)pair;

    private long Candidates(ReadOnlySpan<int> tokens, ReadOnlySpan<int> starts, ReadOnlySpan<long> counts)
    {
        long candidates = 0;
        for (int sentence = 0; sentence + 1 < starts.Length; sentence++)
        {
            for (int t = starts[sentence] + 1; t < starts[sentence + 1]; t++)
            {
                if (counts[tokens[t - 1]] >= spec.MinCount && counts[tokens[t]] >= spec.MinCount)
                    candidates++;
            }
        }

        return candidates;
    }

    private void Count(ReadOnlySpan<int> tokens, ReadOnlySpan<int> starts, ReadOnlySpan<long> counts, uint part, uint parts, Dictionary<ulong, int> pairs)
    {
        for (int sentence = 0; sentence + 1 < starts.Length; sentence++)
        {
            for (int t = starts[sentence] + 1; t < starts[sentence + 1]; t++)
            {
                if (counts[tokens[t - 1]] < spec.MinCount || counts[tokens[t]] < spec.MinCount)
                    continue;
                ulong pair = Key(tokens[t - 1], tokens[t]);
                // Fibonacci hashing spreads the pairs evenly over the parts.
                if (parts == 1 || (uint)(pair * 0x9E3779B97F4A7C15 >> 32) % parts == part)
                    CollectionsMarshal.GetValueRefOrAddDefault(pairs, pair, out _)++;
            }
        }
    }
}
