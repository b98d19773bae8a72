using System.Diagnostics;
using System.Diagnostics.Metrics;
using DistEmbed.ParameterServer.Actors;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.ParameterServer.Tests.Actors;

public sealed class ShardTelemetryTests
{
    private const int Shard = 4711; // other tests' shards are counted too

    [Fact]
    public void Reports_become_counters_of_what_has_come_since_and_gauges_of_what_is()
    {
        var sums = new Dictionary<string, long>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, of) => { if (instrument.Meter.Name == ShardTelemetry.Name) of.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (tags is [{ Key: "shard", Value: Shard }])
                sums[instrument.Name] = instrument is Gauge<long> ? value : sums.GetValueOrDefault(instrument.Name) + value;
        });
        listener.Start();
        var telemetry = new ShardTelemetry(Shard);
        telemetry.Take(new ShardReport(Shard, 5, [], 2, 10, 100, 50, 1000, 500));
        telemetry.Take(new ShardReport(Shard, 3, [], 0, 12, 150, 60, 1500, 600)); // went back to a checkpoint
        telemetry.Take(new ShardReport(Shard, 4, [], 1, 13, 150, 60, 1500, 600));
        Assert.Equal(
            [
                ("distembed.shard.bytes.read", 1500), ("distembed.shard.bytes.written", 600), ("distembed.shard.pulls.waiting", 1), ("distembed.shard.rows.read", 150),
                ("distembed.shard.rows.stored", 13), ("distembed.shard.rows.written", 60), ("distembed.shard.steps", 6),
            ],
            sums.Select(s => (s.Key, s.Value)).OrderBy(s => s.Key, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Work_on_files_is_a_span_that_says_how_it_ended()
    {
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ShardTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span => { if (Equals(span.GetTagItem("distembed.shard"), Shard)) spans.Add(span); },
        };
        ActivitySource.AddActivityListener(listener);
        var telemetry = new ShardTelemetry(Shard);
        Assert.Equal(7, await telemetry.TraceAsync("write shard", 3, () => Task.FromResult(7)));
        await Assert.ThrowsAsync<IOException>(() => telemetry.TraceAsync<int>("restore shard", 2, () => throw new IOException("no such file")));
        Assert.Equal([("write shard", ActivityStatusCode.Unset, null), ("restore shard", ActivityStatusCode.Error, "no such file")], spans.Select(s => (s.OperationName, s.Status, s.StatusDescription)));
        Assert.Equal([3, 2], spans.Select(s => s.GetTagItem("distembed.step")));
    }
}
