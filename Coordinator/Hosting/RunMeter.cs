using System.Diagnostics;
using System.Diagnostics.Metrics;
using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Measures;

namespace DistEmbed.Coordinator.Hosting;

/// <summary>
/// The run as OpenTelemetry sees it: meter and activity source <c>DistEmbed.Run</c>. Counters go on from stage to stage; gauges hold the last value.
/// </summary>
public sealed class RunMeter : IDisposable
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "DistEmbed.Run";

    private static readonly ActivitySource s_activities = new(Name);

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _steps;
    private readonly Counter<long> _examples;
    private readonly Counter<long> _words;
    private readonly Counter<long> _rowsPulled;
    private readonly Counter<long> _rowsPushed;
    private readonly Counter<long> _bytesPulled;
    private readonly Counter<long> _bytesPushed;
    private readonly Counter<long> _bytesKept;
    private readonly Counter<long> _checkpoints;
    private double _loss = double.NaN;
    private Scores? _scores;
    private IReadOnlyList<DriftStatus> _drift = [];
    private Activity? _stage;

    /// <summary>Creates the instruments.</summary>
    public RunMeter()
    {
        _steps = _meter.CreateCounter<long>("distembed.steps", "{step}", "Steps applied everywhere");
        _examples = _meter.CreateCounter<long>("distembed.examples", "{example}", "Examples trained on");
        _words = _meter.CreateCounter<long>("distembed.words", "{word}", "Tokens trained on");
        _rowsPulled = _meter.CreateCounter<long>("distembed.rows.pulled", "{row}", "Rows that workers read");
        _rowsPushed = _meter.CreateCounter<long>("distembed.rows.pushed", "{row}", "Rows whose gradient workers sent");
        _bytesPulled = _meter.CreateCounter<long>("distembed.bytes.pulled", "By", "Bytes of rows that workers read");
        _bytesPushed = _meter.CreateCounter<long>("distembed.bytes.pushed", "By", "Bytes of gradients that workers sent");
        _bytesKept = _meter.CreateCounter<long>("distembed.bytes.kept", "By", "Bytes of rows that workers had already and did not read again");
        _checkpoints = _meter.CreateCounter<long>("distembed.checkpoints", "{checkpoint}", "Checkpoints committed");
        _meter.CreateObservableGauge("distembed.loss", () => Volatile.Read(ref _loss), description: "Mean loss of the last step");
        _meter.CreateObservableGauge(
            "distembed.dev", () => (Volatile.Read(ref _scores)?.Values ?? []).Select(s => new Measurement<double>(s.Value, new KeyValuePair<string, object?>("measure", s.Key))),
            description: "Measures of the last evaluation on dev, such as accuracy; shares as fractions");
        Drift("distembed.drift.moved", d => d.MovedShare, "Share of words whose row differs from its start, as of the last checkpoint measured");
        Drift("distembed.drift.cosine", d => d.MeanCosine ?? double.NaN, "Mean cosine of words' rows to their start, as of the last checkpoint measured");
        Drift("distembed.drift.distance", d => d.MeanDistance ?? double.NaN, "Mean L2 distance of words' rows to their start, as of the last checkpoint measured");
    }

    /// <summary>A stage begins.</summary>
    public void OnStage(string job, string stage)
    {
        Volatile.Write(ref _drift, []);
        Volatile.Write(ref _scores, null);
        _stage?.Dispose();
        _stage = s_activities.StartActivity("stage");
        _stage?.SetTag("distembed.job", job).SetTag("distembed.stage", stage);
    }

    /// <summary>Counts what happened; called from the run's thread.</summary>
    public void OnEvent(RunEvent happened)
    {
        switch (happened)
        {
            case RunEvent.Settled { Step: { } step }:
                _steps.Add(1);
                _examples.Add(step.Examples);
                _words.Add(step.Words);
                _rowsPulled.Add(step.Traffic.RowsPulled);
                _rowsPushed.Add(step.Traffic.RowsPushed);
                _bytesPulled.Add(step.Traffic.BytesPulled);
                _bytesPushed.Add(step.Traffic.BytesPushed);
                _bytesKept.Add(step.Traffic.BytesKept);
                if (step.LossCount > 0)
                    Volatile.Write(ref _loss, step.LossSum / step.LossCount);
                break;
            case RunEvent.Evaluated evaluated:
                Volatile.Write(ref _scores, evaluated.Record.Scores);
                _stage?.AddEvent(new ActivityEvent("evaluated", tags: new() { ["distembed.step"] = evaluated.Record.Step, [$"distembed.{evaluated.Record.Scores.MainName}"] = evaluated.Record.Scores.Main }));
                break;
            case RunEvent.CheckpointCommitted committed:
                _checkpoints.Add(1);
                _stage?.AddEvent(new ActivityEvent("checkpoint", tags: new() { ["distembed.step"] = committed.Step }));
                break;
            case RunEvent.Finished:
                _stage?.SetStatus(ActivityStatusCode.Ok);
                break;
            case RunEvent.Failed failed:
                _stage?.SetStatus(ActivityStatusCode.Error, $"{failed.Node}: {failed.Reason}");
                break;
        }
    }

    /// <summary>A checkpoint was compared with the pretrained vectors; from any thread.</summary>
    public void OnDrift(IReadOnlyList<DriftStatus> drift) => Volatile.Write(ref _drift, drift);

    /// <summary>The job has ended.</summary>
    public void OnEnded()
    {
        _stage?.Dispose();
        _stage = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stage?.Dispose();
        _meter.Dispose();
    }

    private void Drift(string name, Func<DriftStatus, double> value, string description) => _meter.CreateObservableGauge(
        name, () => Volatile.Read(ref _drift).Select(d => new Measurement<double>(value(d), new KeyValuePair<string, object?>("table", d.Table))), description: description);
}
