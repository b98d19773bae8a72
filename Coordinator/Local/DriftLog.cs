using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Local;

/// <summary>The file drift.jsonl, a <see cref="StepLog{T}"/>.</summary>
public static class DriftLog
{
    /// <summary>Starts the file of a new run; one already there is replaced.</summary>
    public static StepLog<DriftRecord> Create(string path) => StepLog<DriftRecord>.Create(path);

    /// <summary>Goes on with the file of a run resumed after <paramref name="step"/>: lines of later steps are cut off.</summary>
    /// <exception cref="InvalidInputException">A line before that is not one of this log's.</exception>
    public static StepLog<DriftRecord> Resume(string path, int step) => StepLog<DriftRecord>.Resume(path, step);

    /// <summary>Reads every line of a log.</summary>
    /// <exception cref="InvalidInputException">A line is not one of this log's.</exception>
    public static IReadOnlyList<DriftRecord> Read(string path) => StepLog<DriftRecord>.Read(path);
}
