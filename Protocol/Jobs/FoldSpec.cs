namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// Cross-validation: the training examples are cut into folds, one fold is the test part, and the dev part is taken from the others. Training each fold in its turn
/// tests every example once.
/// </summary>
public sealed record FoldSpec
{
    /// <summary>How many folds there are, at least 2.</summary>
    public required int Of { get; init; }

    /// <summary>The fold that is the test part, from 1 to <see cref="Of"/>.</summary>
    public required int Index { get; init; }

    /// <summary>
    /// A file with the number of the fold of each training example, a line each, in the order of the training file; of a file per class, label by label in ordinal order.
    /// Absent: random folds, the same for every seed, of sizes that differ by one at most, not stratified.
    /// </summary>
    public string? File { get; init; }
}
