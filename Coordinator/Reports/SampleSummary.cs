namespace DistEmbed.Coordinator.Reports;

/// <summary>Measurements of one thing, summed up.</summary>
/// <param name="Count">How many there are, at least 1.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="StandardDeviation">Their standard deviation, that of a sample (divided by one less than there are); null for one measurement, which has none.</param>
/// <param name="Min">The least.</param>
/// <param name="Max">The greatest.</param>
public sealed record SampleSummary(int Count, double Mean, double? StandardDeviation, double Min, double Max)
{
    /// <summary>Sums measurements up; null where there are none.</summary>
    public static SampleSummary? Of(IReadOnlyList<double> values)
    {
        if (values.Count == 0)
            return null;
        double mean = values.Sum() / values.Count;
        double? deviation = values.Count < 2 ? null : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1));
        return new SampleSummary(values.Count, mean, deviation, values.Min(), values.Max());
    }
}
