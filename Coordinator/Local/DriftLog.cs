using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Local;

/// <summary>The file drift.jsonl, a <see cref="StepLog{T}"/>.</summary>
public static class DriftLog
{
    /// <summary>Reads every line of a log.</summary>
    /// <exception cref="InvalidInputException">A line is not one of this log's.</exception>
    public static IReadOnlyList<DriftRecord> Read(string path) => StepLog<DriftRecord>.Read(path);
}
