using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus.Reading;

namespace DistEmbed.Worker.Corpus.Trees;

/// <summary>Makes labelled text of trees, with the labels that the job wants of them.</summary>
internal static class NodeLabels
{
    /// <summary>The label below the neutral one.</summary>
    public const string Negative = "negative";

    /// <summary>The label above the neutral one.</summary>
    public const string Positive = "positive";

    /// <summary>The neutral one, which no sentence has.</summary>
    public const string Neutral = "neutral";

    private const string NoLabel = "#";

    /// <summary>A tree as labelled text; its labels are changed where the job names a neutral one.</summary>
    /// <exception cref="InvalidInputException">The root has no label, or a label is no whole number where it has to be one.</exception>
    public static LabelledText Label(TreeData spec, LabelledTree tree, string file, int line)
    {
        string?[] labels = tree.Labels;
        string where = $"{file}:{line}";
        for (int node = 0; node < labels.Length; node++)
            labels[node] = labels[node] is null or NoLabel ? null : GivenName.Label(labels[node]!, file, line);
        for (int node = 0; node < labels.Length; node++)
            labels[node] = labels[node] is null ? null : spec.Neutral is { } neutral ? Polar(labels[node]!, neutral, where) : labels[node];
        if (tree.RootLabel is not { } root)
            throw new InvalidInputException(where, "The root has no label.", "Give the sentence's label at the root.");
        return new LabelledText(file, line, root, string.Join(' ', tree.Words)) { Tree = tree, IsLeftOut = spec.Neutral is not null && root == Neutral };
    }

    private static string Polar(string label, int neutral, string where)
    {
        if (!int.TryParse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
            throw new InvalidInputException(where, $"The label '{label}' is no whole number, which data.neutral is about.", "Correct the label, or leave data.neutral out.");
        return number < neutral ? Negative : number > neutral ? Positive : Neutral;
    }
}
