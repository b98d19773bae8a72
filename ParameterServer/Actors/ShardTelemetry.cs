using System.Diagnostics;
using System.Diagnostics.Metrics;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.ParameterServer.Actors;

/// <summary>
/// A shard as OpenTelemetry sees it: meter and activity source <c>DistEmbed.Shards</c>. Numbers come from the reports that the shard makes anyway; files that are written and read are spans.
/// </summary>
public sealed class ShardTelemetry(int shard)
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "DistEmbed.Shards";

    private static readonly Meter s_meter = new(Name);
    private static readonly ActivitySource s_activities = new(Name);
    private static readonly Counter<long> s_steps = s_meter.CreateCounter<long>("distembed.shard.steps", "{step}", "Steps applied");
    private static readonly Counter<long> s_rowsRead = s_meter.CreateCounter<long>("distembed.shard.rows.read", "{row}", "Rows given to workers");
    private static readonly Counter<long> s_rowsWritten = s_meter.CreateCounter<long>("distembed.shard.rows.written", "{row}", "Gradients of rows taken");
    private static readonly Counter<long> s_bytesRead = s_meter.CreateCounter<long>("distembed.shard.bytes.read", "By", "Bytes of values given to workers");
    private static readonly Counter<long> s_bytesWritten = s_meter.CreateCounter<long>("distembed.shard.bytes.written", "By", "Bytes of gradients taken");
    private static readonly Gauge<long> s_stored = s_meter.CreateGauge<long>("distembed.shard.rows.stored", "{row}", "Rows that take memory");
    private static readonly Gauge<long> s_waiting = s_meter.CreateGauge<long>("distembed.shard.pulls.waiting", "{pull}", "Pulls that wait for a step");

    private readonly KeyValuePair<string, object?> _shard = new("shard", shard);
    private ShardReport _last = new(shard, 0, [], 0, 0, 0, 0, 0, 0);

    /// <summary>Counts what has come since the report before.</summary>
    public void Take(ShardReport report)
    {
        // Going back to a checkpoint takes no step back that was applied.
        s_steps.Add(Math.Max(0, report.AppliedStep - _last.AppliedStep), _shard);
        s_rowsRead.Add(report.RowsRead - _last.RowsRead, _shard);
        s_rowsWritten.Add(report.RowsWritten - _last.RowsWritten, _shard);
        s_bytesRead.Add(report.BytesRead - _last.BytesRead, _shard);
        s_bytesWritten.Add(report.BytesWritten - _last.BytesWritten, _shard);
        s_stored.Record(report.StoredRows, _shard);
        s_waiting.Record(report.WaitingPulls, _shard);
        _last = report;
    }

    /// <summary>Does something with a file of the shard as a span.</summary>
    /// <param name="name">What is done.</param>
    /// <param name="step">The step that the file is of.</param>
    /// <param name="work">Does it.</param>
    public async Task<T> TraceAsync<T>(string name, int step, Func<Task<T>> work)
    {
        using Activity? span = s_activities.StartActivity(name);
        span?.SetTag("distembed.shard", shard).SetTag("distembed.step", step);
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception failed)
        {
            span?.SetStatus(ActivityStatusCode.Error, failed.GetBaseException().Message);
            throw;
        }
    }
}
