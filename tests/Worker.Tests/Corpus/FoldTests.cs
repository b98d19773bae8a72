using CsCheck;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;
using Xunit.Abstractions;

namespace DistEmbed.Worker.Tests.Corpus;

public sealed class FoldTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private LabelledLinesData Data(int examples, FoldSpec? fold)
    {
        _folder.Write("train.txt", string.Concat(Enumerable.Range(0, examples).Select(i => $"{(i % 2 == 0 ? "even" : "odd")} w{i:D4}\n")));
        return new LabelledLinesData { Root = _folder.Path, Train = "train.txt", Fold = fold, Vocabulary = VocabularyParts.AllParts };
    }

    [Fact]
    public void Random_folds_are_a_partition_into_sizes_that_differ_by_one_at_most() =>
        Gen.Select(Gen.Int[2, 300], Gen.Int[2, 12]).Where(n => n.Item1 >= n.Item2).Sample(n =>
        {
            (int examples, int folds) = n;
            int[] assigned = FoldAssignment.Random(examples, folds);
            int[] sizes = [.. Enumerable.Range(1, folds).Select(fold => assigned.Count(a => a == fold))];
            Assert.Equal(examples, sizes.Sum());
            Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
            Assert.Equal(assigned, FoldAssignment.Random(examples, folds));
        }, iter: 200);

    [Fact]
    public void Random_folds_stay_what_they_are_and_are_no_blocks_or_stripes_of_the_file()
    {
        // Who has written numbers down wants the same folds from later versions.
        Assert.Equal("1 2 1 3 3 2 2 3 2 1 3 1", string.Join(' ', FoldAssignment.Random(12, 3)));
        int[] assigned = FoldAssignment.Random(1000, 10);
        Assert.InRange(assigned[..500].Count(fold => fold == 1), 30, 70);
        Assert.InRange(Enumerable.Range(0, 1000).Count(i => i % 2 == 0 && assigned[i] == 1), 30, 70);
    }

    [Fact]
    public void Each_example_is_tested_once_and_dev_is_taken_from_the_others_by_the_seed()
    {
        var tested = new List<string>();
        for (int index = 1; index <= 4; index++)
        {
            LabelledLinesData spec = Data(90, new FoldSpec { Of = 4, Index = index });
            PreparedData data = DataPreparation.Prepare(spec, seed: 1), other = DataPreparation.Prepare(spec, seed: 2);
            string[][] parts = [data.Lines(data.Train), data.Lines(data.Dev!), data.Lines(data.Test!)];
            Assert.Equal(90, parts.SelectMany(part => part).Distinct().Count());
            Assert.Equal(7, parts[1].Length); // a tenth of 67 or 68
            Assert.Equal(parts[2], other.Lines(other.Test!));
            Assert.NotEqual(parts[1], other.Lines(other.Dev!));
            Assert.Equal(parts[2].Length, data.Folds!.Count(fold => fold == index));
            Assert.Contains(data.Notes, note => note.Contains($", fold {index} of 4", StringComparison.Ordinal));
            tested.AddRange(parts[2]);
        }

        Assert.Equal(90, tested.Distinct().Count());
        Assert.Equal(90, tested.Count);
        Assert.Null(DataPreparation.Prepare(Data(90, null), 1).Folds);
    }

    [Fact]
    public void A_file_says_which_example_is_in_which_fold()
    {
        _folder.Write("folds.txt", "2\n1\r\n2\n 1\n3\n3");
        PreparedData data = DataPreparation.Prepare(Data(6, new FoldSpec { Of = 3, Index = 2, File = "folds.txt" }) with { DevFraction = 0 }, 1);
        Assert.Equal(["even: w0000", "even: w0002"], data.Lines(data.Test!));
        Assert.Equal([2, 1, 2, 1, 3, 3], data.Folds);
        // What a sweep writes can be read.
        _folder.Write("again.txt", FoldAssignment.ToText(data.Folds!));
        Assert.Equal(data.Folds, DataPreparation.Prepare(Data(6, new FoldSpec { Of = 3, Index = 1, File = "again.txt" }) with { DevFraction = 0 }, 1).Folds);
    }

    [Theory]
    [InlineData("1\n2\n1\n0\nx\n2\n", "folds.txt:4|'0' is no fold from 1 to 2.", "folds.txt:5|'x' is no fold from 1 to 2.")]
    [InlineData("1\n2\n-1\n", "folds.txt:3|'-1' is no fold", "folds.txt|It has 3 lines, but ")]
    [InlineData("1\n1\n1\n1\n1\n1\n", "folds.txt|No example is in fold 2 of 2.")]
    [InlineData("1\n2\n1\n2\n1\n2\n2\n", "folds.txt|It has 7 lines, but ")]
    public void A_file_that_does_not_fit_is_refused_with_every_error(string text, params string[] expected)
    {
        _folder.Write("folds.txt", text);
        IReadOnlyList<InputError> errors = Assert.Throws<InvalidInputException>(() => DataPreparation.Prepare(Data(6, new FoldSpec { Of = 2, Index = 1, File = "folds.txt" }), 1)).Errors;
        Assert.Equal(expected.Length, errors.Count);
        foreach ((string place, InputError error) in expected.Zip(errors))
        {
            Assert.EndsWith(place.Split('|')[0], error.Where, StringComparison.Ordinal);
            Assert.StartsWith(place.Split('|')[1], error.What, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Missing_files_more_folds_than_examples_and_labels_that_are_only_tested_are_refused()
    {
        Assert.Equal("data.fold.file", Inspect.Error(() => DataPreparation.Prepare(Data(6, new FoldSpec { Of = 2, Index = 1, File = "nix.txt" }), 1)).Where);
        Assert.Equal("data.fold.of", Inspect.Error(() => DataPreparation.Prepare(Data(6, new FoldSpec { Of = 7, Index = 1 }), 1)).Where);
        _folder.Write("odd.txt", "1\n2\n1\n2\n1\n2\n");
        InputError lost = Inspect.Error(() => DataPreparation.Prepare(Data(6, new FoldSpec { Of = 2, Index = 2, File = "odd.txt" }), 1));
        Assert.Equal("data.fold", lost.Where);
        Assert.Contains("(fold 2 of 2), no training example of the label 'odd'", lost.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MR", 10662)]
    [InlineData("Subj", 10000)]
    public void The_sets_of_Kim_that_have_no_test_part_are_cut_into_ten(string set, int examples)
    {
        if (!SharedData.TryFind(set.ToLowerInvariant(), out _))
        {
            output.WriteLine("the shared data is not here: skipped");
            return;
        }

        var spec = (FilePerClassData)KimSets.Spec(set);
        PreparedData data = DataPreparation.Prepare(spec with { TestFraction = 0, Fold = new FoldSpec { Of = 10, Index = 10 } }, 1);
        Assert.Equal(examples / 10, data.Test!.Count);
        Assert.Equal(examples, data.Train.Count + data.Dev!.Count + data.Test.Count);
    }
}
