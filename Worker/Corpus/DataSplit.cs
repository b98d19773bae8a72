using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;

namespace DistEmbed.Worker.Corpus;

/// <summary>
/// Sets examples aside for the dev and test parts: all examples are put in a random order by the job's seed, the first become the test part, the next the dev
/// part, the rest stays. The split is not stratified: labels fall as they fall, as in the cross-validation sets of Kim 2014.
/// </summary>
internal static class DataSplit
{
    /// <summary>Splits the training examples: by shares, or with a fold as test part.</summary>
    /// <param name="folds">The fold of each example; null: there are none.</param>
    /// <param name="fold">The fold that is tested, where there are any.</param>
    /// <param name="count">Number of examples.</param>
    /// <param name="devShare">Share of the dev part; 0 where it has files of its own.</param>
    /// <param name="testShare">Share of the test part; 0 where it has files of its own. Without a meaning where there are folds.</param>
    /// <param name="seed">Decides which examples.</param>
    public static (int[] Train, int[] Dev, int[] Test) Of(IReadOnlyList<int>? folds, FoldSpec? fold, int count, double devShare, double testShare, ulong seed) =>
        folds is null ? Split(count, devShare, testShare, seed) : OfFold(folds, fold!.Index, devShare, seed);

    /// <summary>
    /// Splits examples 0 .. <paramref name="count"/> - 1. A share above 0 gets the nearest number of examples, and at least one. Each part keeps the order of the
    /// file.
    /// </summary>
    public static (int[] Train, int[] Dev, int[] Test) Split(int count, double devShare, double testShare, ulong seed)
    {
        int test = Share(count, testShare);
        int dev = Share(count, devShare);
        if ((long)test + dev >= count)
        {
            throw new InvalidInputException(
                "data.devFraction",
                $"Of {count} training examples, {dev} would go to the dev and {test} to the test part; none would be left.",
                "Lower data.devFraction and data.testFraction, or give more examples.");
        }
        int[] order = [.. Enumerable.Range(0, count)];
        new CounterRandom(seed, RandomPurpose.DataSplit).Shuffle<int>(order);
        Array.Sort(order, 0, test);
        Array.Sort(order, test, dev);
        Array.Sort(order, test + dev, count - test - dev);
        return (order[(test + dev)..], order[test..(test + dev)], order[..test]);
    }

    /// <summary>Makes a fold the test part, and sets a share of the other examples aside as dev part.</summary>
    /// <param name="folds">The fold of each example.</param>
    /// <param name="index">The fold that is tested.</param>
    /// <param name="devShare">Share of the others.</param>
    /// <param name="seed">Decides which of them.</param>
    private static (int[] Train, int[] Dev, int[] Test) OfFold(IReadOnlyList<int> folds, int index, double devShare, ulong seed)
    {
        int[] test = [.. Enumerable.Range(0, folds.Count).Where(example => folds[example] == index)];
        int[] others = [.. Enumerable.Range(0, folds.Count).Where(example => folds[example] != index)];
        (int[] train, int[] dev, _) = Split(others.Length, devShare, 0, seed);
        return ([.. train.Select(i => others[i])], [.. dev.Select(i => others[i])], test);
    }

    private static int Share(int count, double share) =>
        share <= 0 ? 0 : (int)Math.Min(count, Math.Max(1, Math.Round(share * count, MidpointRounding.AwayFromZero)));
}
