using System.Globalization;

namespace DistEmbed.Testing.ToyData;

/// <summary>Lines of a vector file without a header, as GloVe writes it.</summary>
public static class ToyVectors
{
    /// <summary>A line for each word, in the shortest form that reads back as the same numbers.</summary>
    public static IEnumerable<string> Lines(IEnumerable<string> words, Func<int, IEnumerable<double>> numbers) =>
        words.Select((word, i) => string.Join(
            ' ', [word, .. numbers(i).Select(number => ((float)number).ToString(CultureInfo.InvariantCulture))]));
}
