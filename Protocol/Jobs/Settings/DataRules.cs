using System.Globalization;
using System.Text;

namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>The rules about data: every one that needs no file.</summary>
internal static class DataRules
{
    public static void Check(DataSpec data, RuleErrors errors)
    {
        errors.NotBlank("data.root", data.Root);
        if (!IsEncoding(data.Encoding))
            errors.Add("data.encoding", $"unknown encoding \"{data.Encoding}\".", "Use a name that .NET knows, such as utf-8, utf-16, iso-8859-1 or windows-1252.");
        errors.AtLeast("data.minCount", data.MinCount, 1);
        errors.AtLeast("data.maxTokens", data.MaxTokens, 1);
        CheckEmptyText(data, errors);
        switch (data)
        {
            case LabelledLinesData lines:
                Files(lines.Train, lines.Dev, lines.Test, errors);
                Character("data.labelEndsAt", lines.LabelEndsAt, errors);
                Fractions(lines, lines.Dev is not null, lines.Test is not null, errors);
                break;
            case FilePerClassData files:
                CheckFilePerClass(files, errors);
                break;
            case FolderPerClassData folders:
                CheckFolderPerClass(folders, errors);
                break;
            case DelimitedData delimited:
                CheckDelimited(delimited, errors);
                break;
            case JsonLinesData json:
                Files(json.Train, json.Dev, json.Test, errors);
                errors.NotBlank("data.labelField", json.LabelField);
                errors.NotBlank("data.textField", json.TextField);
                if (json.LabelField == json.TextField)
                    errors.Add("data.textField", $"\"{json.TextField}\" is the label's field too.", "Name the field that holds the text.");
                Fractions(json, json.Dev is not null, json.Test is not null, errors);
                break;
            case ConllData conll:
                Files(conll.Train, conll.Dev, conll.Test, errors);
                errors.AtLeast("data.wordColumn", conll.WordColumn, 1);
                errors.AtLeast("data.tagColumn", conll.TagColumn, 1);
                if (conll.TagColumn == conll.WordColumn)
                    errors.Add("data.tagColumn", $"is {conll.TagColumn}, the column of the words.", "Name the column that holds the tags, from 1.");
                if (conll.Comment is { Length: 0 } || conll.Comment?.Any(char.IsWhiteSpace) == true)
                    errors.Add("data.comment", $"must be what comments start with, without blanks, found \"{conll.Comment}\".", "Write it as \"#\", or leave it out.");
                Fractions(conll, conll.Dev is not null, conll.Test is not null, errors);
                break;
            case DependencyData dependencies:
                CheckDependencies(dependencies, errors);
                break;
            case PlainTextData text:
                if (text.Files.Count == 0)
                    errors.Add("data.files", "is empty.", "Name at least one file.");
                errors.NoneBlank("data.files", text.Files);
                errors.Distinct("data.files", text.Files);
                if (text.Phrases is { } phrases)
                    CheckPhrases(phrases, errors);
                break;
            case DotnetDocsData docs:
                CheckDotnetDocs(docs, errors);
                break;
            case TreeData trees:
                TreeRules.CheckData(trees, errors);
                break;
            case TreePairsData pairs:
                TreeRules.CheckPairs(pairs, errors);
                break;
        }
    }

    /// <summary>Examples without text are no matter where an empty line ends a sentence, and cannot stay where they would be trees.</summary>
    private static void CheckEmptyText(DataSpec data, RuleErrors errors)
    {
        if (data is not LabelledData { EmptyText: not EmptyText.Refuse } labelled)
            return;
        if (data is ConllData or DependencyData { Layout: DependencyLayout.Conll } or DotnetDocsData)
            errors.Add("data.emptyText", "means nothing for this format, in which no example is without text.", "Leave it out.");
        else if (labelled.EmptyText == EmptyText.Keep && (data is TreeData or TreePairsData))
            errors.Add("data.emptyText", "is keep, but there is no tree without words.", "Use skip.");
    }

    private static void CheckFilePerClass(FilePerClassData data, RuleErrors errors)
    {
        if (data.Train.Count < 2)
            errors.Add("data.train", $"must name the files of at least two labels, found {data.Train.Count}.", "Write it as { \"label\": \"file\", ... }.");
        foreach ((string part, IReadOnlyDictionary<string, string>? files) in (ReadOnlySpan<(string, IReadOnlyDictionary<string, string>?)>)
            [("data.train", data.Train), ("data.dev", data.Dev), ("data.test", data.Test)])
        {
            foreach ((string label, string file) in files ?? new Dictionary<string, string>())
            {
                errors.NotBlank(SettingPath.Join(part, label), file);
                if (label != label.Trim())
                    errors.Add(SettingPath.Join(part, label), $"the label \"{label}\" has white space around it.", "Take it out: labels are compared without.");
                if (!data.Train.ContainsKey(label))
                    errors.Add(SettingPath.Join(part, label), $"label \"{label}\" has no training file.", Spelling.Advice(label, [.. data.Train.Keys], "labels"));
            }
        }
        Fractions(data, data.Dev is not null, data.Test is not null, errors);
    }

    private static void CheckFolderPerClass(FolderPerClassData data, RuleErrors errors)
    {
        errors.NotBlank("data.train", data.Train);
        errors.NotBlank("data.dev", data.Dev);
        errors.NotBlank("data.test", data.Test);
        errors.NotBlank("data.files", data.Files);
        if (data.Labels is { Count: < 2 } labels)
            errors.Add("data.labels", $"must name at least two labels, found {labels.Count}.", "Write it as [\"neg\", \"pos\"], or leave it out: every folder is a label then.");
        errors.NoneBlank("data.labels", data.Labels);
        errors.Distinct("data.labels", data.Labels);
        for (int i = 0; i < (data.Labels?.Count ?? 0); i++)
        {
            if (data.Labels![i].AsSpan().IndexOfAny('/', '\\') >= 0 || data.Labels[i] is "." or "..")
                errors.Add(SettingPath.Join("data.labels", i), $"\"{data.Labels[i]}\" is no name of a folder.", "Name the folder as it is called in data.train.");
        }

        Fractions(data, data.Dev is not null, data.Test is not null, errors);
    }

    private static void CheckDelimited(DelimitedData data, RuleErrors errors)
    {
        Files(data.Train, data.Dev, data.Test, errors);
        if (data.Separator != "tab")
            Character("data.separator", data.Separator, errors, " or tab");
        if (data.Separator is "\"" or "\r" or "\n")
            errors.Add("data.separator", "cannot be a quote or a line end.", "Use one character or tab.");
        errors.NotBlank("data.labelColumn", data.LabelColumn);
        if (data.TextColumns.Count == 0)
            errors.Add("data.textColumns", "is empty.", "Name the columns that hold the text.");
        errors.NoneBlank("data.textColumns", data.TextColumns);
        errors.Distinct("data.textColumns", data.TextColumns);
        int label = data.TextColumns.ToList().IndexOf(data.LabelColumn);
        if (label >= 0)
            errors.Add(SettingPath.Join("data.textColumns", label), $"\"{data.LabelColumn}\" is the label's column.", "A model that reads the label learns nothing: take it out.");
        if (data.Columns is { } columns)
        {
            errors.Distinct("data.columns", columns);
            if (!columns.Contains(data.LabelColumn))
                errors.Add("data.labelColumn", $"\"{data.LabelColumn}\" is none of data.columns.", Spelling.Advice(data.LabelColumn, columns, "columns"));
            for (int i = 0; i < data.TextColumns.Count; i++)
            {
                if (!columns.Contains(data.TextColumns[i]))
                    errors.Add(SettingPath.Join("data.textColumns", i), $"\"{data.TextColumns[i]}\" is none of data.columns.", Spelling.Advice(data.TextColumns[i], columns, "columns"));
            }
        }
        Fractions(data, data.Dev is not null, data.Test is not null, errors);
    }

    private static void CheckDependencies(DependencyData data, RuleErrors errors)
    {
        foreach ((string part, IReadOnlyList<string>? files) in (ReadOnlySpan<(string, IReadOnlyList<string>?)>)[("data.train", data.Train), ("data.dev", data.Dev), ("data.test", data.Test)])
        {
            if (files is { Count: 0 })
                errors.Add(part, "is empty.", "Name at least one file.");
            errors.NoneBlank(part, files ?? []);
            errors.Distinct(part, files ?? []);
        }

        if (data is { Layout: DependencyLayout.Parallel, Tags: not DependencyTags.None })
            errors.Add("data.tags", "means nothing with layout parallel, whose files have no tags.", "Leave it out, or use layout conll.");
        Fractions(data, data.Dev is not null, data.Test is not null, errors);
    }

    private static void CheckDotnetDocs(DotnetDocsData data, RuleErrors errors)
    {
        var usual = new DotnetDocsData();
        if (data.BadBytes != usual.BadBytes)
            errors.Add("data.badBytes", "means nothing for dotnet-docs.", "Leave it out.");
        errors.NotBlank("data.packs", data.Packs);
        errors.AtLeast("data.trainPerArea", data.TrainPerArea, 1);
        errors.AtLeast("data.devPerArea", data.DevPerArea, 1);
        errors.AtLeast("data.testPerArea", data.TestPerArea, 1);
        // Inherited from labelled data; this source has parts of its own.
        if (data.DevFraction != usual.DevFraction)
            errors.Add("data.devFraction", "means nothing for dotnet-docs.", "Use data.devPerArea.");
        if (data.TestFraction != usual.TestFraction)
            errors.Add("data.testFraction", "means nothing for dotnet-docs.", "Use data.testPerArea.");
        if (data.Fold is not null)
            errors.Add("data.fold", "means nothing for dotnet-docs, whose parts are chosen by type.", "Do without folds.");
        if (data.Labelled)
            return;
        if (data.Vocabulary != usual.Vocabulary)
            errors.Add("data.vocabulary", "means nothing where data.labelled is false: there is one part.", "Leave it out, or set it to null.");
        foreach ((string name, int given, int usually) in (ReadOnlySpan<(string, int, int)>)
            [("trainPerArea", data.TrainPerArea, usual.TrainPerArea), ("devPerArea", data.DevPerArea, usual.DevPerArea), ("testPerArea", data.TestPerArea, usual.TestPerArea)])
        {
            if (given != usually)
                errors.Add($"data.{name}", "means nothing where data.labelled is false: all sentences are taken.", "Leave it out, or set it to null.");
        }
    }

    private static void CheckPhrases(PhrasesSpec phrases, RuleErrors errors)
    {
        if (phrases.Thresholds.Count == 0)
            errors.Add("data.phrases.thresholds", "is empty.", "Give one for each pass, such as [200, 100], or leave data.phrases out.");
        for (int i = 0; i < phrases.Thresholds.Count; i++)
            errors.Above(SettingPath.Join("data.phrases.thresholds", i), phrases.Thresholds[i], 0);
        errors.AtLeast("data.phrases.minCount", phrases.MinCount, 1);
        if (phrases.Separator.Length == 0 || phrases.Separator.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c)))
            errors.Add("data.phrases.separator", $"must be characters that are no blanks, found \"{phrases.Separator}\".", "Use one that words of the text do not have, such as _.");
    }

    private static void Files(FilePaths train, FilePaths? dev, FilePaths? test, RuleErrors errors)
    {
        Paths("data.train", train, errors);
        Paths("data.dev", dev, errors);
        Paths("data.test", test, errors);
    }

    /// <summary>One path or several.</summary>
    internal static void Paths(string path, FilePaths? paths, RuleErrors errors)
    {
        if (paths is { Count: 1 })
        {
            errors.NotBlank(path, paths[0]);
            return;
        }

        if (paths is { Count: 0 })
            errors.Add(path, "is empty.", "Name at least one file.");
        errors.NoneBlank(path, paths);
        errors.Distinct(path, paths);
    }

    internal static void Fractions(LabelledData data, bool hasDevFile, bool hasTestFile, RuleErrors errors)
    {
        errors.Fraction("data.devFraction", data.DevFraction);
        errors.Fraction("data.testFraction", data.TestFraction);
        if (data.Fold is { } fold)
            CheckFold(fold, hasTestFile, data.TestFraction, errors);
        if (hasTestFile && data.TestFraction != 0)
            errors.Add("data.testFraction", "is given beside a test file, which makes it mean nothing.", "Keep one of them.");
        double aside = (hasDevFile ? 0 : data.DevFraction) + (hasTestFile ? 0 : data.TestFraction);
        if (data is { DevFraction: >= 0 and < 1, TestFraction: >= 0 and < 1 } && aside >= 1)
        {
            errors.Add("data.testFraction", string.Create(CultureInfo.InvariantCulture, $"sets {aside} of the examples aside together with data.devFraction."),
                "Leave something to train on: the two must be below 1.");
        }
    }

    private static void CheckFold(FoldSpec fold, bool hasTestFile, double testFraction, RuleErrors errors)
    {
        errors.AtLeast("data.fold.of", fold.Of, 2);
        errors.Between("data.fold.index", fold.Index, 1, Math.Max(2, fold.Of));
        errors.NotBlank("data.fold.file", fold.File);
        if (hasTestFile)
            errors.Add("data.fold", "makes a fold the test part, and there is a test file.", "Set data.test to null, or do without folds.");
        if (testFraction != 0)
            errors.Add("data.fold", "makes a fold the test part, and data.testFraction sets one aside.", "Set data.testFraction to 0, or do without folds.");
    }

    private static void Character(string path, string? value, RuleErrors errors, string or = "")
    {
        if (value is not null && value.Length != 1)
            errors.Add(path, $"must be one character{or}, found \"{value}\".", "");
    }

    private static bool IsEncoding(string name)
    {
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name) is not null || Encoding.GetEncoding(name) is not null;
        }
        catch (Exception unknown) when (unknown is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}
