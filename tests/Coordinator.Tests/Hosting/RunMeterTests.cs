using System.Diagnostics.Metrics;
using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Hosting;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Measures;

namespace DistEmbed.Coordinator.Tests.Hosting;

public sealed class RunMeterTests
{
    [Fact]
    public void Drift_is_a_gauge_a_table_until_the_next_stage()
    {
        using var meter = new RunMeter();
        Assert.Empty(Read());
        meter.OnDrift([new DriftStatus("embedding", 20, 200, 50, 0.5, null, null, [])]);
        Assert.Equal([("distembed.drift.cosine", "embedding", 0.5), ("distembed.drift.distance", "embedding", double.NaN), ("distembed.drift.moved", "embedding", 0.25)], Read());
        meter.OnStage("job", "next");
        Assert.Empty(Read());
    }

    [Fact]
    public void Measures_on_dev_are_a_gauge_each_until_the_next_stage()
    {
        using var meter = new RunMeter();
        meter.OnStage("job", "first");
        Assert.Empty(Read("distembed.dev"));
        var scores = new Scores(KeyValuePair.Create("f1", 0.5), KeyValuePair.Create("precision", 0.75));
        meter.OnEvent(new RunEvent.Evaluated(new EvaluationRecord(10, 1, 0.25, scores), IsBest: true));
        Assert.Equal([("distembed.dev", "f1", 0.5), ("distembed.dev", "precision", 0.75)], Read("distembed.dev"));
        meter.OnStage("job", "next");
        Assert.Empty(Read("distembed.dev"));
    }

    private static IReadOnlyList<(string, string?, double)> Read(string prefix = "distembed.drift.")
    {
        var values = new List<(string Name, string? Table, double)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == RunMeter.Name && instrument.Name.StartsWith(prefix, StringComparison.Ordinal))
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => values.Add((instrument.Name, tags[0].Value?.ToString(), value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return [.. values.OrderBy(v => v.Name, StringComparer.Ordinal)];
    }
}
