using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Local;

/// <summary>Measures at each committed checkpoint of a stage how far tuned vectors are from the pretrained ones, and writes drift.jsonl.</summary>
public static class DriftWatch
{
    /// <summary>Begins to measure a stage; null where there is nothing to measure, or the job does not want it.</summary>
    /// <param name="directory">The stage's directory.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="resumedStep">The step that the run goes on from: later lines are dropped. Null: a new run.</param>
    /// <param name="tell">Told of each line; from another thread.</param>
    /// <exception cref="InvalidInputException">A line of the log is garbled.</exception>
    public static CheckpointWatch<DriftRecord>? Start(RunDirectory directory, StageRows stage, int? resumedStep, Action<DriftRecord> tell)
    {
        if (stage.Job.Report.Drift && stage.Drifting.Count > 0)
        {
            return new CheckpointWatch<DriftRecord>(directory.Checkpoints, directory.DriftPath, resumedStep,
                (checkpoint, passedOver) => DriftRecord.Of(stage, checkpoint) with { PassedOver = passedOver }, measureStart: null, tell);
        }

        CheckpointWatch<DriftRecord>.CutBack(directory.DriftPath, resumedStep);
        return null;
    }
}
