using System.Diagnostics.Metrics;
using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Hosting;

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

    private static IReadOnlyList<(string, string?, double)> Read()
    {
        var values = new List<(string Name, string? Table, double)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == RunMeter.Name && instrument.Name.StartsWith("distembed.drift.", StringComparison.Ordinal))
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => values.Add((instrument.Name, tags[0].Value?.ToString(), value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return [.. values.OrderBy(v => v.Name, StringComparer.Ordinal)];
    }
}
