using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Models.Contract;

/// <summary>Demands on the rows that a slice names, and on what is done with their arrays.</summary>
internal static class RowDemands
{
    // Each row that is tried costs a training of all examples.
    private const int RowsTried = 40;

    public static void AreThoseThatAreRead(ContractTrial trial)
    {
        PreparedSlice prepared = trial.Model.Prepare(trial.Whole);
        if (prepared.Rows.Count != trial.Model.Tables.Count)
            throw new ContractBrokenException($"Prepare names the rows of {prepared.Rows.Count} tables, and there are {trial.Model.Tables.Count}");
        for (int table = 0; table < prepared.Rows.Count; table++)
            RequireOrder(trial.Model.Tables[table], prepared.Rows[table]);

        Trained expected = trial.Train(prepared);
        for (int table = 0; table < prepared.Rows.Count; table++)
        {
            TableSpec spec = trial.Model.Tables[table];
            int[] rows = prepared.Rows[table];
            if (spec.Dense)
                continue; // all of its rows are named by rule
            for (int i = 0; i < rows.Length; i += Math.Max(1, rows.Length / RowsTried))
            {
                float[][] values = trial.Pull(prepared);
                values[table].AsSpan(i * spec.Dimension, spec.Dimension).Fill(float.NaN);
                if (!Differs(trial, expected, trial.Train(prepared, values)))
                    throw new ContractBrokenException($"row {rows[i]} of {spec.Name} is named, but whatever it holds the loss and the gradients are the same: it is read from the servers for nothing");
            }
        }
    }

    public static void AreWhollyWritten(ContractTrial trial)
    {
        PreparedSlice prepared = trial.Model.Prepare(trial.Whole);
        Trained trained = trial.Train(prepared);
        if (!double.IsFinite(trained.Loss.Sum))
            throw new ContractBrokenException($"the loss is {trained.Loss.Sum}, of finite rows: what lies behind the rows is read");
        for (int table = 0; table < trained.Gradients.Length; table++)
        {
            if (trained.Gradients[table] is not { } gradient)
                continue;
            int used = trial.Used(prepared, table);
            for (int i = 0; i < gradient.Length; i++)
            {
                if (i < used && ContractTrial.IsGarbage(gradient[i]))
                    throw new ContractBrokenException($"the gradient of {trial.Place(prepared, table, i)} is not written");
                if (i < used && !float.IsFinite(gradient[i]))
                    throw new ContractBrokenException($"the gradient of {trial.Place(prepared, table, i)} is {gradient[i]}: something reads what nobody wrote");
                if (i >= used && !ContractTrial.IsGarbage(gradient[i]))
                    throw new ContractBrokenException($"the array of {trial.Model.Tables[table].Name} is written behind its rows");
            }
        }
    }

    public static void EmptySlice(ContractTrial trial)
    {
        PreparedSlice prepared = trial.Model.Prepare(trial.Part(0, 0));
        for (int table = 0; table < prepared.Rows.Count; table++)
        {
            if (!trial.Model.Tables[table].Dense && prepared.Rows[table].Length > 0)
                throw new ContractBrokenException($"without examples {prepared.Rows[table].Length} rows of {trial.Model.Tables[table].Name} are named");
        }

        Trained trained = trial.Train(prepared);
        if (trained.Loss != default)
            throw new ContractBrokenException($"without examples the loss is {trained.Loss}");
        for (int table = 0; table < trained.Gradients.Length; table++)
        {
            int wrong = trained.Gradients[table] is { } gradient ? Array.FindIndex(gradient, 0, trial.Used(prepared, table), g => g != 0) : -1;
            if (wrong >= 0)
                throw new ContractBrokenException($"without examples the gradient of {trial.Place(prepared, table, wrong)} is {trained.Gradients[table]![wrong]}");
        }

        if (trial.Model.Measures.Names.Count == 0)
            return;
        float[] predictions = trial.Model.Predict(prepared, trial.Pull(prepared));
        SliceScore score = trial.Model.Score(prepared, predictions);
        if (predictions.Length > 0 || score.Examples != 0 || score.LossSum != 0 || score.Sums.Any(sum => sum != 0))
            throw new ContractBrokenException($"without examples there are {predictions.Length} predictions, of {score.Examples} examples");
    }

    private static void RequireOrder(TableSpec table, int[] rows)
    {
        if (table.Dense && !rows.SequenceEqual(Enumerable.Range(0, table.Rows)))
            throw new ContractBrokenException($"{table.Name} is dense, but {rows.Length} of its {table.Rows} rows are named, or not in order");
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i] < 0 || rows[i] >= table.Rows)
                throw new ContractBrokenException($"row {rows[i]} is named of {table.Name}, which has {table.Rows}");
            if (i > 0 && rows[i] <= rows[i - 1])
                throw new ContractBrokenException($"rows of {table.Name} are not in order and once each: {rows[i - 1]}, {rows[i]}");
        }
    }

    private static bool Differs(ContractTrial trial, Trained expected, Trained found)
    {
        try
        {
            trial.RequireSame(expected, found, "");
            return false;
        }
        catch (ContractBrokenException)
        {
            return true;
        }
    }
}
