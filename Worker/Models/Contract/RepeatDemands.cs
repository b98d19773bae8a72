using TorchSharp;

namespace DistEmbed.Worker.Models.Contract;

/// <summary>Demands that make a run repeatable on any worker.</summary>
internal static class RepeatDemands
{
    private const int Threads = 4;
    private const int Calls = 20;

    public static void SameBits(ContractTrial trial)
    {
        PreparedSlice prepared = trial.Model.Prepare(trial.Whole);
        Trained first = trial.Train(prepared);
        PreparedSlice between = trial.Model.Prepare(trial.Part(1, trial.Subject.Examples.Count - 1, step: 3, index: 1));
        trial.Train(between);
        if (trial.Model.Measures.Names.Count > 0)
            trial.Model.Predict(between, trial.Pull(between));
        trial.RequireSame(first, trial.Train(prepared), "computed again, with another slice between");
        using IEmbeddingModel other = trial.Subject.Create();
        PreparedSlice elsewhere = other.Prepare(trial.Whole);
        RequireSameRows(prepared, elsewhere, "in another instance");
        trial.RequireSame(first, trial.Train(elsewhere, model: other), "computed by another instance");
    }

    public static void PreparesAnywhere(ContractTrial trial)
    {
        PreparedSlice prepared = trial.Model.Prepare(trial.Whole);
        Trained expected = trial.Train(prepared);
        var elsewhere = new PreparedSlice[Threads];
        Parallel.For(0, Threads, i =>
        {
            trial.Model.Prepare(trial.Part(i % 2, 1, step: 2 + i));
            elsewhere[i] = trial.Model.Prepare(trial.Whole);
        });
        foreach (PreparedSlice slice in elsewhere)
        {
            RequireSameRows(prepared, slice, "prepared on another thread");
            trial.RequireSame(expected, trial.Train(slice), "prepared on another thread");
        }
    }

    public static void NoTensorStays(ContractTrial trial)
    {
        PreparedSlice prepared = trial.Model.Prepare(trial.Whole);
        float[][] values = trial.Pull(prepared);
        bool predicts = trial.Model.Measures.Names.Count > 0;
        void Call()
        {
            trial.Train(prepared, values);
            if (predicts)
                trial.Model.Score(prepared, trial.Model.Predict(prepared, values));
        }

        Call(); // what is made once and kept is no leak
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int i = 0; i < Calls; i++)
            Call();
        long left = DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
        if (left != 0)
            throw new ContractBrokenException($"{Calls} calls leave {left} tensors: compute within `using var scope = torch.NewDisposeScope()`");
    }

    private static void RequireSameRows(PreparedSlice expected, PreparedSlice found, string when)
    {
        if (!expected.Rows.Zip(found.Rows, (a, b) => a.AsSpan().SequenceEqual(b)).All(same => same))
            throw new ContractBrokenException($"{when} a slice names other rows");
    }
}
