using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Cluster.Tests.Local;

/// <summary>A report that says nothing, but lets a test act on events.</summary>
internal sealed class Silent(Action<RunEvent>? on = null, Action<DriftRecord>? onDrift = null, Action<ProbeRecord>? onProbed = null) : IJobReport
{
    public void OnPrepared(JobStage stage, PreparedStage prepared, int? resumedStep)
    {
    }

    public void OnEvent(RunEvent happened) => on?.Invoke(happened);

    public void OnDrift(DriftRecord drift) => onDrift?.Invoke(drift);

    public void OnProbed(ProbeRecord probed) => onProbed?.Invoke(probed);

    public void OnStageEnded(JobStage stage, RunResult result)
    {
    }

    public void OnWarning(string what) => Assert.Fail(what);
}
