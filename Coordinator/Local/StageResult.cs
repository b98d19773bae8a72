using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Vectors;

namespace DistEmbed.Coordinator.Local;

/// <summary>What a stage that has ended came to.</summary>
internal static class StageResult
{
    /// <summary>The result.</summary>
    public static RunResult Of(RunPlan plan, PreparedStage prepared, RunOutcome outcome)
    {
        ResumeState state = outcome.State;
        EvaluationRecord? dev = state.Evaluations.LastOrDefault(e => e.Step == outcome.WeightsStep);
        VectorReport? vectors = prepared.Vectors?.Report;
        return new RunResult
        {
            Status = outcome.Interrupted ? RunStatus.Interrupted : RunStatus.Done,
            Steps = outcome.Step,
            Epochs = (double)outcome.Step / plan.StepsPerEpoch,
            Seconds = state.ElapsedSeconds,
            ExamplesPerSecond = state.ElapsedSeconds > 0 ? state.Totals.Examples / state.ElapsedSeconds : 0,
            WordsPerSecond = state.ElapsedSeconds > 0 ? state.Totals.Words / state.ElapsedSeconds : 0,
            WeightsStep = outcome.WeightsStep,
            Dev = dev is null ? null : new PartResult(dev.Scores, dev.Loss, plan.DevExamples),
            Test = outcome.Test is { } test ? new PartResult(test.Scores, test.Loss, plan.TestExamples) : null,
            TableHash = TableHash.Of(outcome.TableHashes),
            Tables = outcome.TableHashes,
            RowsPulled = state.Totals.RowsPulled,
            RowsPushed = state.Totals.RowsPushed,
            BytesPulled = state.Totals.BytesPulled,
            BytesPushed = state.Totals.BytesPushed,
            RowsKept = state.Totals.RowsKept,
            BytesKept = state.Totals.BytesKept,
            Pushes = new PushCounts(state.Totals.PushesSent, state.Totals.PushesApplied, state.Totals.PushesRejected),
            Vectors = vectors is null ? null
                : new VectorCounts(plan.Job.Vectors.File!, vectors.Words, vectors.FoundExactly, vectors.FoundByLowerCase, vectors.NotFound),
        };
    }
}
