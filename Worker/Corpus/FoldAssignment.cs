using System.Globalization;
using System.Text;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Worker.Corpus.Reading;
using static System.FormattableString;

namespace DistEmbed.Worker.Corpus;

/// <summary>Which fold each training example is in, for cross-validation. Folds are counted from 1.</summary>
public static class FoldAssignment
{
    private const int MostErrors = 10;

    /// <summary>Folds by chance: a function of the two numbers alone, so that every seed and every model is tested on the same folds.</summary>
    /// <remarks>
    /// The examples are put in a random order and dealt out in turn, so that sizes differ by one at most. Labels fall as they fall, as in the code of Kim 2014, which
    /// draws a fold for each sentence and so has folds of different sizes too.
    /// </remarks>
    /// <param name="examples">Training examples.</param>
    /// <param name="folds">Folds, at least 1 and at most as many as examples.</param>
    public static int[] Random(int examples, int folds)
    {
        int[] order = [.. Enumerable.Range(0, examples)];
        new CounterRandom(seed: 0, RandomPurpose.Folds, folds).Shuffle<int>(order);
        var assigned = new int[examples];
        for (int i = 0; i < order.Length; i++)
            assigned[order[i]] = (i % folds) + 1;
        return assigned;
    }

    /// <summary>The text of a fold file: the fold of each example, a line each.</summary>
    public static string ToText(IEnumerable<int> assigned) => string.Concat(assigned.Select(fold => Invariant($"{fold}\n")));

    /// <summary>The folds that a job asks for.</summary>
    /// <param name="spec">The job's setting.</param>
    /// <param name="file">Its file; null: it names none.</param>
    /// <param name="examples">Training examples.</param>
    /// <param name="trainFiles">What messages call the training files.</param>
    /// <exception cref="InvalidInputException">There are fewer examples than folds, or the file does not fit; carries every error.</exception>
    internal static int[] Of(FoldSpec spec, SourceFile? file, int examples, string trainFiles)
    {
        if (examples < spec.Of)
            throw new InvalidInputException("data.fold.of", Invariant($"makes {spec.Of} folds of the {examples} training examples in {trainFiles}."), "Give fewer folds or more examples.");
        return file is null ? Random(examples, spec.Of) : Read(file, spec.Of, examples, trainFiles);
    }

    private static int[] Read(SourceFile file, int folds, int examples, string trainFiles)
    {
        var errors = new List<InputError>();
        var assigned = new List<int>();
        using TextReader text = (file with { Encoding = new UTF8Encoding(false, throwOnInvalidBytes: true), EncodingName = "utf-8", BadBytes = BadBytes.Refuse }).OpenText();
        var lines = new LineReader(text);
        while (lines.Read(out string line))
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            if (!int.TryParse(line.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int fold) || fold < 1 || fold > folds)
            {
                if (errors.Count < MostErrors)
                    errors.Add(new InputError(Invariant($"{file.Path}:{lines.Line}"), $"'{line.Trim()}' is no fold from 1 to {folds}.", "A line is the number of an example's fold; folds are counted from 1."));
                fold = 0;
            }

            assigned.Add(fold);
        }

        if (assigned.Count != examples)
            errors.Add(new InputError(file.Path, Invariant($"It has {assigned.Count} lines, but {trainFiles} {examples} training examples."), "Give a line for each example, in the order of the training file."));
        else if (errors.Count == 0)
            errors.AddRange(Enumerable.Range(1, folds).Except(assigned).Select(empty => new InputError(file.Path, Invariant($"No example is in fold {empty} of {folds}."), "Check data.fold.of.")));
        return errors.Count == 0 ? [.. assigned] : throw new InvalidInputException(errors);
    }
}
