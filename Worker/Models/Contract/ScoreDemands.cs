using DistEmbed.Protocol.Measures;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Worker.Models.Contract;

/// <summary>Demands on predictions and on what they are worth.</summary>
internal static class ScoreDemands
{
    private const double Tolerance = 1e-4;

    public static void PredictionsRepeat(ContractTrial trial)
    {
        PreparedSlice prepared = trial.Model.Prepare(trial.Whole);
        if (trial.Model.Measures.Names.Count == 0)
        {
            try
            {
                trial.Model.Predict(prepared, trial.Pull(prepared));
            }
            catch (NotSupportedException)
            {
                throw new DemandNotTriedException("the model predicts nothing");
            }

            throw new ContractBrokenException("Measures are none, so Predict has to throw NotSupportedException");
        }

        float[] first = trial.Model.Predict(prepared, trial.Pull(prepared));
        trial.Train(prepared);
        if (!first.AsSpan().SequenceEqual(trial.Model.Predict(prepared, trial.Pull(prepared))))
            throw new ContractBrokenException("the same slice is predicted otherwise after a training");
        PreparedSlice later = trial.Model.Prepare(trial.Part(0, trial.Subject.Examples.Count, step: 9, index: 3));
        if (!first.AsSpan().SequenceEqual(trial.Model.Predict(later, trial.Pull(later))))
            throw new ContractBrokenException("predictions depend on the number of step or slice: is dropout on?");
        if (!trial.Model.IsClassifier)
            return;
        int examples = trial.Subject.Examples.Count, labels = first.Length / examples;
        if (labels * examples != first.Length)
            throw new ContractBrokenException($"{first.Length} predictions of {examples} examples are no [examples x labels]");
        for (int example = 0; example < examples; example++)
        {
            PreparedSlice one = trial.Model.Prepare(trial.Part(example, 1, step: 0));
            float[] alone = trial.Model.Predict(one, trial.Pull(one));
            ReadOnlySpan<float> together = first.AsSpan(example * labels, labels);
            double sum = 0;
            for (int label = 0; label < labels; label++)
            {
                sum += together[label];
                if (alone.Length != labels || Math.Abs(alone[label] - together[label]) > Tolerance)
                    throw new ContractBrokenException($"example {example} is predicted otherwise alone than beside others");
            }

            if (Math.Abs(sum - 1) > Tolerance)
                throw new ContractBrokenException($"the probabilities of example {example} add up to {sum}, in a classifier");
        }
    }

    public static void SumsFit(ContractTrial trial)
    {
        MeasureSet measures = trial.Model.Measures;
        if (measures.Names.Count == 0)
            throw new DemandNotTriedException("the model predicts nothing");
        int examples = trial.Subject.Examples.Count, cut = examples / 2;
        SliceScore whole = Score(0, examples), first = Score(0, cut), second = Score(cut, examples - cut);
        if (whole.Examples != examples)
            throw new ContractBrokenException($"{whole.Examples} examples are scored of {examples}");
        Near("the loss", whole.LossSum, first.LossSum + second.LossSum);
        if (!double.IsFinite(whole.LossSum))
            throw new ContractBrokenException($"the loss of predictions is {whole.LossSum}");
        for (int i = 0; i < measures.Sums; i++)
            Near($"sum {i}", whole.Sums[i], first.Sums[i] + second.Sums[i]);
        foreach ((string name, double value) in measures.Of(whole.Sums).Values)
        {
            if (!double.IsFinite(value))
                throw new ContractBrokenException($"{name} is {value}");
        }

        if (trial.Model.IsClassifier)
        {
            PreparedSlice prepared = trial.Model.Prepare(trial.Whole);
            IReadOnlyList<double> counted = ClassifierScore.Of(prepared.Slice, trial.Model.Predict(prepared, trial.Pull(prepared))).Sums;
            double accuracy = counted[0] / counted[1], main = measures.Of(whole.Sums).Values.FirstOrDefault(v => v.Key == Scores.Accuracy, new(Scores.Accuracy, accuracy)).Value;
            if (main != accuracy)
                throw new ContractBrokenException($"the accuracy is {main}, and {accuracy} of the probabilities");
        }

        SliceScore Score(int start, int count)
        {
            PreparedSlice prepared = trial.Model.Prepare(trial.Part(start, count, step: 0));
            SliceScore score = trial.Model.Score(prepared, trial.Model.Predict(prepared, trial.Pull(prepared)));
            if (score.Sums.Count != measures.Sums)
                throw new ContractBrokenException($"Score gives {score.Sums.Count} sums, and Measures are made of {measures.Sums}");
            return score;
        }

        static void Near(string what, double whole, double added)
        {
            if (!(Math.Abs(whole - added) <= Tolerance * Math.Max(1, Math.Abs(whole))))
                throw new ContractBrokenException($"{what} of all examples is {whole}, and {added} of two parts");
        }
    }
}
