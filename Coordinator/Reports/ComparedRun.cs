using System.Globalization;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Reports;

/// <summary>A run, as a comparison sees it.</summary>
/// <param name="Variant">What it is a run of: runs of one variant differ in their seed and fold alone.</param>
/// <param name="Seed">Its seed; of stages with seeds of their own all of them, with slashes between.</param>
/// <param name="Directory">Where it lies.</param>
public sealed record ComparedRun(string Variant, string Seed, string Directory)
{
    /// <summary>The fold that was its test part; null: none was.</summary>
    public FoldSpec? Fold { get; init; }

    /// <summary>What runs of two variants are paired by: the seed, and the fold where there is one, such as <c>1 fold 3/10</c>.</summary>
    public string PairedBy => Fold is null ? Seed : string.Create(CultureInfo.InvariantCulture, $"{Seed} fold {Fold.Index}/{Fold.Of}");

    /// <summary>Evaluation on the test part; null: there is none.</summary>
    public PartResult? Test { get; init; }

    /// <summary>Evaluation on the dev part of the same weights; null: there is none.</summary>
    public PartResult? Dev { get; init; }

    /// <summary>The hash of its tables; null: it has no result.</summary>
    public string? TableHash { get; init; }

    /// <summary>Fingerprint of the data that it was trained on; null: it has no result.</summary>
    public string? DataFingerprint { get; init; }

    /// <summary>Fingerprint of its examples, whatever words of dev and test have a vector; null: it has no result, or was trained before there was one.</summary>
    public string? ExamplesFingerprint { get; init; }

    /// <summary>Whether another run was trained and tested on the same examples.</summary>
    public bool HasExamplesOf(ComparedRun other) =>
        DataFingerprint == other.DataFingerprint || (ExamplesFingerprint is not null && ExamplesFingerprint == other.ExamplesFingerprint);

    /// <summary>Why it has no result, such as <c>failed: ...</c>; null: it has one.</summary>
    public string? Missing { get; init; }
}
