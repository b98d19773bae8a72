using System.Globalization;
using DistEmbed.Protocol.Measures;

namespace DistEmbed.Coordinator.Cli;

/// <summary>How values of a measure are shown: shares in percent with two decimals, anything else as the number that it is, with four.</summary>
/// <param name="factor">What values are multiplied by.</param>
/// <param name="decimals">Decimals.</param>
/// <param name="points">What differences are counted in, with a blank before it; empty: nothing.</param>
internal sealed class ScoreScale(int factor, int decimals, string points)
{
    /// <summary>The scale of shares.</summary>
    public static ScoreScale Share { get; } = new(100, 2, " points");

    private static readonly ScoreScale s_plain = new(1, 4, "");

    /// <summary>The scale of a measure.</summary>
    public static ScoreScale Of(string measure) => Scores.IsShare(measure) ? Share : s_plain;

    /// <summary>What differences are counted in, with a blank before it; empty: nothing.</summary>
    public string Points => points;

    /// <summary>A value; null: there is none.</summary>
    public string Value(double? value) => value is { } number ? (factor * number).ToString($"F{decimals}", CultureInfo.InvariantCulture) : ComparisonTable.Nothing;

    /// <summary>A difference, with its sign.</summary>
    public string Signed(double difference)
    {
        string number = new string('0', decimals);
        return (factor * difference).ToString($"+0.{number};-0.{number};0.{number}", CultureInfo.InvariantCulture);
    }
}
