using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Local;

/// <summary>Measures the start of a stage and each of its committed checkpoints by the job's probes, and writes probes.jsonl.</summary>
public static class ProbeWatch
{
    /// <summary>Begins to measure a stage; null where it has no probes.</summary>
    /// <param name="directory">The stage's directory.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="probes">Its probes.</param>
    /// <param name="resumedStep">The step that the run goes on from: later lines are dropped. Null: a new run.</param>
    /// <param name="tell">Told of each line; from another thread.</param>
    /// <exception cref="InvalidInputException">A line of the log is garbled.</exception>
    public static CheckpointWatch<ProbeRecord>? Start(RunDirectory directory, StageRows stage, IReadOnlyList<Probe> probes, int? resumedStep, Action<ProbeRecord> tell)
    {
        if (probes.Count > 0)
        {
            return new CheckpointWatch<ProbeRecord>(directory.Checkpoints, directory.ProbesPath, resumedStep,
                (checkpoint, passedOver) => ProbeRecord.Of(stage, probes, checkpoint) with { PassedOver = passedOver }, () => ProbeRecord.OfStart(stage, probes), tell);
        }

        CheckpointWatch<ProbeRecord>.CutBack(directory.ProbesPath, resumedStep);
        return null;
    }
}
