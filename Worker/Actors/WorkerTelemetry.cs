using System.Diagnostics;
using System.Diagnostics.Metrics;
using DistEmbed.Protocol.Messages;
using DistEmbed.Worker.Training;

namespace DistEmbed.Worker.Actors;

/// <summary>
/// A worker as OpenTelemetry sees it: meter and activity source <c>DistEmbed.Worker</c>. Traffic comes from the reports that the worker makes anyway; every slice and every chunk that is
/// evaluated is a span, and its time is in a histogram.
/// </summary>
public sealed class WorkerTelemetry(string worker)
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "DistEmbed.Worker";

    private static readonly Meter s_meter = new(Name);
    private static readonly ActivitySource s_activities = new(Name);
    private static readonly Histogram<double> s_compute = s_meter.CreateHistogram<double>("distembed.worker.compute", "s", "Time that the model took for a slice or a chunk");
    private static readonly Counter<long> s_rowsPulled = s_meter.CreateCounter<long>("distembed.worker.rows.pulled", "{row}", "Rows read");
    private static readonly Counter<long> s_rowsPushed = s_meter.CreateCounter<long>("distembed.worker.rows.pushed", "{row}", "Rows whose gradient was sent");
    private static readonly Counter<long> s_bytesPulled = s_meter.CreateCounter<long>("distembed.worker.bytes.pulled", "By", "Bytes of values read");
    private static readonly Counter<long> s_bytesPushed = s_meter.CreateCounter<long>("distembed.worker.bytes.pushed", "By", "Bytes of gradients sent");

    private WorkerReport _last = new(worker, WorkerActivity.Idle, 0, 0, [], 0, 0, 0, 0);

    /// <summary>Counts what has come since the report before.</summary>
    public void Take(WorkerReport report)
    {
        s_rowsPulled.Add(report.RowsPulled - _last.RowsPulled);
        s_rowsPushed.Add(report.RowsPushed - _last.RowsPushed);
        s_bytesPulled.Add(report.BytesPulled - _last.BytesPulled);
        s_bytesPushed.Add(report.BytesPushed - _last.BytesPushed);
        _last = report;
    }

    /// <summary>Has the model compute, as a span; called on the compute thread.</summary>
    public T Compute<T>(SliceTask task, Func<T> compute)
    {
        string kind = task.Part is null ? "train" : "evaluate";
        using Activity? span = s_activities.StartActivity(kind);
        span?.SetTag("distembed.worker", worker).SetTag("distembed.step", task.ReadsStep).SetTag("distembed.slice", task.Index);
        long start = Stopwatch.GetTimestamp();
        T result = compute();
        s_compute.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, new KeyValuePair<string, object?>("kind", kind));
        return result;
    }
}
