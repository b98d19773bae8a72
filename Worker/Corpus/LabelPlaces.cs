using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Worker.Corpus.Reading;
using static System.FormattableString;

namespace DistEmbed.Worker.Corpus;

/// <summary>Remembers how often training has each label, and where first, to tell of those that look like slips: a slip makes a class of its own.</summary>
internal sealed class LabelPlaces
{
    /// <summary>With fewer labels than this in all, one that stands alone says nothing.</summary>
    private const int FewestInAll = 20;

    private const int LongestName = 30;

    private readonly Dictionary<string, (int Count, string Where)> _found = new(StringComparer.Ordinal);
    private int _all;
    private bool _ofTrees;

    /// <summary>Takes the label of an example, or all labels of its tree.</summary>
    public void Add(LabelledText text)
    {
        _ofTrees |= text.Tree is not null;
        foreach (string? label in text.Tree?.Labels ?? [text.Label])
        {
            if (label is null)
                continue;
            _all++;
            (int count, string? where) = _found.GetValueOrDefault(label);
            _found[label] = (count + 1, where ?? Invariant($"{Path.GetFileName(text.File)}:{text.Line}"));
        }
    }

    /// <summary>A line for each kind of slip.</summary>
    public IEnumerable<string> Warnings()
    {
        if (_all < FewestInAll)
            yield break;
        string[] alone = Places(_found.Where(l => l.Value.Count == 1));
        if (alone.Length > 0)
            yield return Invariant($"warning: {alone.Length} labels stand at one {(_ofTrees ? "node" : "example")} and no other: {PrintableText.List(alone)}");
        int numbers = _found.Where(l => IsNumber(l.Key)).Sum(l => l.Value.Count);
        string[] others = Places(_found.Where(l => l.Value.Count > 1 && !IsNumber(l.Key)));
        if (others.Length > 0 && numbers > _all / 10 * 9)
            yield return Invariant($"warning: {others.Length} labels are no whole numbers, as the others are: {PrintableText.List(others)}");
    }

    private static string[] Places(IEnumerable<KeyValuePair<string, (int Count, string Where)>> labels) =>
        [.. labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"'{PrintableText.Excerpt(l.Key, LongestName)}' ({l.Value.Where})")];

    private static bool IsNumber(string label) => int.TryParse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
}
