using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Local;

/// <summary>The file probes.jsonl, a <see cref="StepLog{T}"/>.</summary>
public static class ProbeLog
{
    /// <summary>Reads every finished line of a log that may grow meanwhile; none where there is no file.</summary>
    /// <exception cref="InvalidInputException">A line is not one of this log's.</exception>
    public static IReadOnlyList<ProbeRecord> Read(string path) => StepLog<ProbeRecord>.ReadFinished(path);
}
