using System.Globalization;
using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// Which rows of a table of words a rule is about: those that meet everything that is given. The unknown word's row has neither rank nor count and is met by <see cref="Pretrained"/>
/// alone; the padding row is met by nothing and never changes.
/// </summary>
public sealed record RowSelectorSpec
{
    /// <summary>True: words with a vector in the job's vector file, with <c>stage:NAME</c> all words of that stage; false: words without (out-of-vocabulary there), the unknown word's row among them.</summary>
    public bool? Pretrained { get; init; }

    /// <summary>Rank by frequency from which words are met: 1 is the most frequent word of the vocabulary.</summary>
    public int? FromRank { get; init; }

    /// <summary>Rank by frequency up to which words are met, this one included.</summary>
    public int? ToRank { get; init; }

    /// <summary>Least number of times that a word stands in the training data.</summary>
    public long? FromCount { get; init; }

    /// <summary>Largest number of times that a word stands in the training data, this one included.</summary>
    public long? ToCount { get; init; }

    /// <summary>Words as the vocabulary has them. Those that it does not have are told before training.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>File with a word a line, UTF-8; empty lines count for nothing. A relative path starts from <c>data.root</c>.</summary>
    public string? File { get; init; }

    /// <summary>Regular expression (.NET, without backreferences and lookarounds) that some part of the word matches: <c>^</c> and <c>$</c> bind it to the ends.</summary>
    public string? Pattern { get; init; }

    /// <summary>Whether nothing is given, which would meet every row.</summary>
    [JsonIgnore]
    public bool IsEmpty => Pretrained is null && FromRank is null && ToRank is null && FromCount is null && ToCount is null && Words.Count == 0 && File is null && Pattern is null;

    /// <summary>The selector in a few words, such as <c>pretrained, rank 1-500</c>: for plans and reports.</summary>
    public override string ToString() => string.Join(", ", Parts());

    /// <inheritdoc/>
    public bool Equals(RowSelectorSpec? other) =>
        ReferenceEquals(this, other) || (other is not null && Pretrained == other.Pretrained && FromRank == other.FromRank && ToRank == other.ToRank && FromCount == other.FromCount && ToCount == other.ToCount
        && File == other.File && Pattern == other.Pattern && Words.SequenceEqual(other.Words, StringComparer.Ordinal));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Pretrained, FromRank, ToRank, FromCount, ToCount, File, Pattern, Words.Count);

    private IEnumerable<string> Parts()
    {
        if (Pretrained is { } pretrained)
            yield return pretrained ? "pretrained" : "not pretrained";
        if (FromRank is not null || ToRank is not null)
            yield return $"rank {Range(FromRank ?? 1, ToRank)}";
        if (FromCount is not null || ToCount is not null)
            yield return $"count {Range(FromCount ?? 0, ToCount)}";
        if (Words.Count > 0)
            yield return Words.Count <= 3 ? string.Join(' ', Words.Select(word => $"'{word}'")) : string.Create(CultureInfo.InvariantCulture, $"{Words.Count} words");
        if (File is not null)
            yield return $"words of {File}";
        if (Pattern is not null)
            yield return $"/{Pattern}/";
    }

    private static string Range(long from, long? to) =>
        to is { } last ? string.Create(CultureInfo.InvariantCulture, $"{from}-{last}") : string.Create(CultureInfo.InvariantCulture, $"{from}-");
}
