import ca.uhn.hl7v2.DefaultHapiContext;
import ca.uhn.hl7v2.HapiContext;
import ca.uhn.hl7v2.app.Connection;
import ca.uhn.hl7v2.llp.MllpConstants;
import ca.uhn.hl7v2.model.Message;
import ca.uhn.hl7v2.model.Varies;
import ca.uhn.hl7v2.model.v251.datatype.CWE;
import ca.uhn.hl7v2.model.v251.datatype.NM;
import ca.uhn.hl7v2.model.v251.datatype.SN;
import ca.uhn.hl7v2.model.v251.datatype.ST;
import ca.uhn.hl7v2.model.v251.group.ORU_R01_ORDER_OBSERVATION;
import ca.uhn.hl7v2.model.v251.group.ORU_R01_PATIENT;
import ca.uhn.hl7v2.model.v251.message.ORU_R01;
import ca.uhn.hl7v2.model.v251.segment.MSH;
import ca.uhn.hl7v2.model.v251.segment.OBX;
import ca.uhn.hl7v2.util.Terser;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An analyzer made of HAPI: it writes ORU^R01, sends them over one MLLP connection, and reads the answers.
 *
 * <p>Each line of its input is a message, fields between tabs, in base64: application, control id, patient, birth, gender,
 * order, time of the report; then of each result: code, type, value, status, unit, note. Each line of its output is MSA-1,
 * MSA-2, and the codes of the errors.
 */
public final class Analyzer {
    private static final int FIELDS = 7;
    private static final int OF_RESULT = 6;

    public static void main(String[] arguments) throws Exception {
        System.setProperty(MllpConstants.CHARSET_KEY, "UTF-8"); // which MSH-18 says; ASCII else
        HapiContext context = new DefaultHapiContext();
        Connection connection = context.newClient("127.0.0.1", Integer.parseInt(arguments[0]), false);
        connection.getInitiator().setTimeout(30, TimeUnit.SECONDS);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(told(connection.getInitiator().sendAndReceive(message(fields(line)))));
            System.out.flush();
        }
        connection.close();
        context.close();
    }

    private static String[] fields(String line) {
        String[] parts = line.split("\t", -1);
        for (int place = 0; place < parts.length; place++) {
            parts[place] = new String(Base64.getDecoder().decode(parts[place]), StandardCharsets.UTF_8);
        }
        return parts;
    }

    private static Message message(String[] given) throws Exception {
        ORU_R01 message = new ORU_R01();
        message.initQuickstart("ORU", "R01", "P");
        MSH header = message.getMSH();
        header.getSendingApplication().getNamespaceID().setValue(given[0]);
        header.getSendingFacility().getNamespaceID().setValue("FLOOR");
        header.getMessageControlID().setValue(given[1]);
        header.getDateTimeOfMessage().getTime().setValue(given[6]);
        header.getCharacterSet(0).setValue("UNICODE UTF-8");
        ORU_R01_PATIENT patient = message.getPATIENT_RESULT().getPATIENT();
        patient.getPID().getPatientIdentifierList(0).getIDNumber().setValue("another-number");
        patient.getPID().getPatientIdentifierList(1).getIDNumber().setValue(given[2]);
        patient.getPID().getPatientName(0).getFamilyName().getSurname().setValue("O|Hara^&~\\Müller");
        patient.getPID().getDateTimeOfBirth().getTime().setValue(given[3]);
        patient.getPID().getAdministrativeSex().setValue(given[4]);
        ORU_R01_ORDER_OBSERVATION order = message.getPATIENT_RESULT().getORDER_OBSERVATION();
        order.getOBR().getPlacerOrderNumber().getEntityIdentifier().setValue(given[5]);
        order.getOBR().getResultsRptStatusChngDateTime().getTime().setValue(given[6]);
        int count = (given.length - FIELDS) / OF_RESULT;
        for (int place = 0; place < count; place++) {
            result(message, order, place, given, FIELDS + place * OF_RESULT);
        }
        return message;
    }

    private static void result(ORU_R01 message, ORU_R01_ORDER_OBSERVATION order, int place, String[] given, int at)
            throws Exception {
        OBX observation = order.getOBSERVATION(place).getOBX();
        observation.getSetIDOBX().setValue(Integer.toString(place + 1));
        observation.getValueType().setValue(given[at + 1]);
        observation.getObservationIdentifier().getIdentifier().setValue(given[at]);
        observation.getObservationIdentifier().getNameOfCodingSystem().setValue("LN");
        observation.getObservationResultStatus().setValue(given[at + 3]);
        observation.getUnits().getIdentifier().setValue(given[at + 4]);
        String[] repetitions = given[at + 2].split("\n", -1);
        for (int number = 0; number < repetitions.length; number++) {
            value(message, observation.getObservationValue(number), given[at + 1], repetitions[number]);
        }
        if (!given[at + 5].isEmpty()) {
            order.getOBSERVATION(place).getNTE(0).getComment(0).setValue(given[at + 5]);
        }
    }

    private static void value(ORU_R01 message, Varies place, String kind, String value) throws Exception {
        switch (kind) {
            case "NM":
                NM number = new NM(message);
                number.setValue(value);
                place.setData(number);
                break;
            case "SN":
                SN structured = new SN(message);
                structured.getComparator().setValue(value.substring(0, 1));
                structured.getNum1().setValue(value.substring(1));
                place.setData(structured);
                break;
            case "CWE":
                CWE code = new CWE(message);
                code.getIdentifier().setValue(value);
                place.setData(code);
                break;
            default:
                ST text = new ST(message);
                text.setValue(value);
                place.setData(text);
        }
    }

    private static String told(Message answer) throws Exception {
        Terser terser = new Terser(answer);
        List<String> parts = new ArrayList<>(List.of(terser.get("/MSA-1"), terser.get("/MSA-2")));
        for (int place = 0; place < 9; place++) {
            String code = terser.get("/ERR(" + place + ")-3-1");
            if (code == null) {
                break;
            }
            parts.add(code);
        }
        return String.join("\t", parts);
    }
}
