using static System.FormattableString;

namespace DistEmbed.Benchmarks;

/// <summary>Repetitions of one measurement.</summary>
internal sealed class Samples(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    public double Median => _sorted.Length % 2 == 1 ? _sorted[_sorted.Length / 2] : (_sorted[_sorted.Length / 2 - 1] + _sorted[_sorted.Length / 2]) / 2;

    public double Min => _sorted[0];

    public double Max => _sorted[^1];

    /// <summary>Median and range in a cell of a table.</summary>
    public string Cell(string format, double scale = 1) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{(Median * scale).ToString(format, System.Globalization.CultureInfo.InvariantCulture)} ({(Min * scale).ToString(format, System.Globalization.CultureInfo.InvariantCulture)}-{(Max * scale).ToString(format, System.Globalization.CultureInfo.InvariantCulture)})");

    public override string ToString() => Invariant($"{Median:0.00} ({Min:0.00}-{Max:0.00})");
}
