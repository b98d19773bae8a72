using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Local;

/// <summary>Whoever tells the user how a job goes.</summary>
public interface IJobReport
{
    /// <summary>A stage is prepared; <paramref name="resumedStep"/> is the step it goes on from, null for a new run.</summary>
    void OnPrepared(JobStage stage, PreparedStage prepared, int? resumedStep);

    /// <summary>Something happened in the stage; called from the run's thread and must return at once.</summary>
    void OnEvent(RunEvent happened);

    /// <summary>A checkpoint was compared with the pretrained vectors; called from a thread of its own.</summary>
    void OnDrift(DriftRecord drift)
    {
    }

    /// <summary>A checkpoint was measured by the job's probes, or the start of the stage; called from a thread of its own.</summary>
    void OnProbed(ProbeRecord probed)
    {
    }

    /// <summary>A stage has ended.</summary>
    void OnStageEnded(JobStage stage, RunResult result);

    /// <summary>Something beside the result went wrong; one line.</summary>
    void OnWarning(string what);
}
