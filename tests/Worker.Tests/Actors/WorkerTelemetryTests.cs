using System.Diagnostics;
using System.Diagnostics.Metrics;
using DistEmbed.Protocol.Messages;
using DistEmbed.Worker.Actors;
using DistEmbed.Worker.Training;

namespace DistEmbed.Worker.Tests.Actors;

public sealed class WorkerTelemetryTests
{
    [Fact]
    public void Slices_are_spans_and_reports_become_counters()
    {
        string worker = $"telemetry-{Guid.NewGuid()}";
        var spans = new List<Activity>();
        using var spansListener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == WorkerTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span => { if (Equals(span.GetTagItem("distembed.worker"), worker)) spans.Add(span); },
        };
        ActivitySource.AddActivityListener(spansListener);
        long pulled = 0;
        int computed = 0, thread = Environment.CurrentManagedThreadId;
        using var listener = new MeterListener { InstrumentPublished = (instrument, of) => { if (instrument.Meter.Name == WorkerTelemetry.Name) of.EnableMeasurementEvents(instrument); } };
        // Other tests' workers measure on threads of their own.
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => pulled += instrument.Name == "distembed.worker.rows.pulled" && Environment.CurrentManagedThreadId == thread ? value : 0);
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => computed += Environment.CurrentManagedThreadId == thread && tags[0].Value is "train" ? 1 : 0);
        listener.Start();

        var telemetry = new WorkerTelemetry(worker);
        Assert.Equal(9, telemetry.Compute(new SliceTask(5, 1, null), () => 9));
        telemetry.Compute(new SliceTask(6, 0, EvaluationPart.Dev), () => 0);
        telemetry.Take(new WorkerReport(worker, WorkerActivity.Idle, 0, 0, [], 10, 0, 0, 0));
        telemetry.Take(new WorkerReport(worker, WorkerActivity.Idle, 0, 0, [], 25, 0, 0, 0));
        Assert.Equal([("train", 5, 1), ("evaluate", 6, 0)], spans.Select(s => (s.OperationName, (int)s.GetTagItem("distembed.step")!, (int)s.GetTagItem("distembed.slice")!)));
        Assert.Equal((25L, 1), (pulled, computed));
    }
}
