using DistEmbed.Protocol.Measures;
using OxyPlot;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>Which curves a stage has: how it learned, and what rows it moved for that.</summary>
internal static class StageCurves
{
    private const double Megabyte = 1e6;

    /// <summary>Loss, accuracy and learning rates.</summary>
    public static void AddLearning(HtmlWriter page, ReportedStage stage, string id)
    {
        var chart = new StepChart(stage);
        IReadOnlyList<MetricsRecord> lines = stage.Metrics;
        page.Open("div", ("class", "charts"));
        chart.Add(page, $"{id}-loss", "Loss", "mean, natural logarithm",
        [
            new StepCurve("train", [.. lines.Select(l => new DataPoint(l.Step, l.Loss))]),
            new StepCurve("dev", [.. lines.Where(l => l.Dev is not null).Select(l => new DataPoint(l.Step, l.Dev!.Loss))], Marked: true),
        ]);
        string measure = lines.FirstOrDefault(l => l.Dev is not null)?.Dev!.Scores.MainName ?? Scores.Accuracy;
        double unit = Scores.IsShare(measure) ? 100 : 1;
        chart.Add(page, $"{id}-accuracy", char.ToUpperInvariant(measure[0]) + measure[1..], measure == Scores.Accuracy ? "% right" : unit == 100 ? "%" : "",
        [
            new StepCurve("train", [.. lines.Where(l => l.Accuracy is not null && measure == Scores.Accuracy).Select(l => new DataPoint(l.Step, 100 * l.Accuracy!.Value))]),
            new StepCurve("dev", [.. lines.Where(l => l.Dev is not null).Select(l => new DataPoint(l.Step, unit * l.Dev!.Main))], Marked: true),
        ]);
        IEnumerable<string> groups = stage.Freeze.Groups.Where(g => lines.Any(l => l.LearningRates.GetValueOrDefault(g) > 0));
        // Groups with the same rates are one curve: they would cover each other.
        chart.Add(page, $"{id}-rates", "Learning rates", "a gap while frozen",
        [
            .. groups.GroupBy(g => string.Join(' ', lines.Select(l => l.LearningRates.GetValueOrDefault(g).ToString("R", System.Globalization.CultureInfo.InvariantCulture))))
                .Select(same => new StepCurve(string.Join(", ", same), [.. lines.Select(l => new DataPoint(l.Step, l.LearningRates.GetValueOrDefault(same.First())))])),
        ], logarithmic: true);
        chart.Add(page, $"{id}-speed", "Speed", $"{stage.Job.Model.Unit} a second",
            [new StepCurve("training", [.. lines.Select(l => new DataPoint(l.Step, stage.Labels > 0 ? l.ExamplesPerSecond : l.WordsPerSecond ?? double.NaN))])]);
        page.Close();
    }

    /// <summary>Rows and bytes, a step, between the lines of the log.</summary>
    public static void AddTraffic(HtmlWriter page, ReportedStage stage, string id)
    {
        var chart = new StepChart(stage);
        page.Open("div", ("class", "charts"));
        chart.Add(page, $"{id}-rows", "Rows a step", "rows",
            [Rate("pulled", stage, l => l.RowsPulled), Rate("pushed", stage, l => l.RowsPushed), Rate("kept, so not pulled", stage, l => l.RowsKept)]);
        chart.Add(page, $"{id}-bytes", "Bytes a step", "MB",
            [Rate("pulled", stage, l => l.BytesPulled / Megabyte), Rate("pushed", stage, l => l.BytesPushed / Megabyte), Rate("kept, so not pulled", stage, l => l.BytesKept / Megabyte)]);
        page.Close();
    }

    /// <summary>What a counter gained a step, from each line to the next.</summary>
    private static StepCurve Rate(string name, ReportedStage stage, Func<MetricsRecord, double> counter)
    {
        var points = new List<DataPoint>();
        (int Step, double Count) before = (0, 0);
        foreach (MetricsRecord line in stage.Metrics)
        {
            double count = counter(line);
            if (line.Step > before.Step)
                points.Add(new DataPoint(line.Step, (count - before.Count) / (line.Step - before.Step)));
            before = (line.Step, count);
        }

        return new StepCurve(name, points);
    }
}
